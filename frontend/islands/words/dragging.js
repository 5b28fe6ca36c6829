// Blocks dragged by their grip. Keys and buttons do the same for those who do not drag.
import { useRef } from "react";

const KIND = "application/x-loumass-block";

export function useDragging(onMove) {
  const dragged = useRef(null);
  const over = useRef(null);

  const mark = (element, edge) => {
    over.current?.removeAttribute("data-drop");
    over.current = element;
    element?.setAttribute("data-drop", edge);
  };
  const isOurs = (event) => dragged.current && event.dataTransfer.types.includes(KIND);
  const fits = (place) => !(dragged.current.type === "columns" && place.row !== null) && dragged.current.id !== place.row;
  const dropped = (event, place) => {
    event.preventDefault();
    event.stopPropagation();
    const { id, place: from } = dragged.current;
    const isSameList = from.row === place.row && from.column === place.column;
    mark(null);
    dragged.current = null;
    onMove(id, { ...place, index: place.index - (isSameList && from.index < place.index ? 1 : 0) });
  };

  return {
    dragging: (block, place) => ({
      handle: {
        draggable: true,
        onDragStart: (event) => {
          dragged.current = { id: block.id, type: block.type, place };
          event.dataTransfer.setData(KIND, block.id);
          event.dataTransfer.effectAllowed = "move";
          event.dataTransfer.setDragImage(event.currentTarget.closest(".block"), 12, 12);
        },
        onDragEnd: () => {
          mark(null);
          dragged.current = null;
        },
      },
      target: {
        onDragOver: (event) => {
          if (!isOurs(event) || !fits(place) || dragged.current.id === block.id) return;
          event.preventDefault();
          event.stopPropagation();
          mark(event.currentTarget, edgeOf(event));
        },
        onDrop: (event) => {
          if (!isOurs(event) || !fits(place) || dragged.current.id === block.id) return;
          dropped(event, { ...place, index: place.index + (edgeOf(event) === "after" ? 1 : 0) });
        },
      },
    }),
    // The end of a column, also of an empty one.
    dropping: (place) => ({
      onDragOver: (event) => {
        if (!isOurs(event) || !fits(place)) return;
        event.preventDefault();
        event.stopPropagation();
        mark(event.currentTarget, "before");
      },
      onDrop: (event) => isOurs(event) && fits(place) && dropped(event, place),
    }),
  };
}

function edgeOf(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return event.clientY > box.top + box.height / 2 ? "after" : "before";
}
