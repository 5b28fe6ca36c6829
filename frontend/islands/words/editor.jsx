// The whole editor: the document, its history, and what is done to its blocks.
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "react";
import { tagsIn } from "../../../loumass/static/js/pages/writing/merging.js";
import { AddRow } from "./adding.jsx";
import { Block } from "./block.jsx";
import { Design } from "./design.jsx";
import { NAMES, blockOf, created, duplicated, inserted, listAt, movedTo, placeOf, removed, resplit, shifted, updated } from "./document.js";
import { useDragging } from "./dragging.js";
import { Facts } from "./facts.js";
import { begun, changed, redone, undone } from "./history.js";
import { IconButton } from "./icon.jsx";
import { insertTag } from "./text.jsx";

const STEPS = {
  change: (history, { make, key, at }) => changed(history, make(history.present), key, at),
  undo: undone,
  redo: redone,
};

export function Editor({ element, first, facts, isReadOnly, onChange }) {
  const [history, dispatch] = useReducer((before, step) => STEPS[step.kind](before, step), first, begun);
  const document_ = history.present;
  const told = useRef(first);
  const [news, setNews] = useState("");
  const [wanted, setWanted] = useState(null);
  const writing = useRef(null);

  useEffect(() => {
    if (told.current === document_) return;
    told.current = document_;
    onChange(document_);
  }, [document_]);

  useFocus(element, wanted);
  useInsertTag(element, writing, isReadOnly);

  const change = (make, key = null) => dispatch({ kind: "change", make, key, at: Date.now() });
  const acts = useActs({ document_, change, setNews, setWanted, writing, element });
  const step = (kind) => {
    dispatch({ kind });
    setNews(kind === "undo" ? "Undone" : "Done again");
  };
  const onKeyDown = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const kind = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
    if (!kind || isReadOnly) return;
    event.preventDefault();
    event.stopPropagation();
    step(kind);
  };
  const known = useMemo(() => ({ ...facts, isReadOnly }), [facts.icons, isReadOnly]);
  return (
    <Facts.Provider value={known}>
      <div className="words-blocks" onKeyDownCapture={onKeyDown}>
        {!isReadOnly && (
          <div className="words-bar" role="toolbar" aria-label="The whole e-mail">
            <IconButton icon="arrow-back-up" label="Undo" disabled={!history.past.length} onClick={() => step("undo")} />
            <IconButton icon="arrow-forward-up" label="Redo" disabled={!history.future.length} onClick={() => step("redo")} />
            <span className="field-hint">Type {"{{"} for a merge tag. Alt and an arrow move a block.</span>
          </div>
        )}
        <div className="blocks" role="group" aria-label="Blocks">
          {document_.blocks.map((block, index) => <Block key={block.id} block={block} place={{ row: null, column: 0, index }} many={document_.blocks.length} acts={acts} />)}
        </div>
        {!isReadOnly && <AddRow onAdd={(type) => acts.add(type, { row: null, column: 0, index: document_.blocks.length })} />}
        {!isReadOnly && <Design design={document_.design} onChange={(part, key) => change((before) => ({ ...before, design: { ...before.design, ...part } }), key)} />}
        <p className="visually-hidden" role="status">{news}</p>
      </div>
    </Facts.Provider>
  );
}

function useActs({ document_, change, setNews, setWanted, writing, element }) {
  const dragging = useDragging((id, place) => {
    change((before) => movedTo(before, id, place));
    setNews(`${nameOf(document_, id)} moved`);
  });
  return {
    ...dragging,
    register: (editor, gone) => {
      if (editor) writing.current = editor;
      else if (writing.current === gone) writing.current = null;
    },
    change: (id, part, name) => change((before) => updated(before, id, part), part.doc ? `text:${id}` : name && `${name}:${id}`),
    shift: (id, by) => {
      const after = shifted(document_, id, by);
      if (after === document_) return;
      // What had the focus keeps it, though its element moves.
      setWanted({ element: element.ownerDocument.activeElement, id });
      change((before) => shifted(before, id, by));
      const { index, ...list } = placeOf(after, id);
      setNews(`${nameOf(after, id)} moved to place ${index + 1} of ${listAt(after, list).length}`);
    },
    add: (type, place) => {
      const block = created(type);
      change((before) => inserted(before, block, place));
      setWanted({ id: block.id, isNew: true });
      setNews(`${NAMES[type]} added`);
    },
    duplicate: (id) => {
      const { document: after, copy } = duplicated(document_, id);
      change(() => after);
      setWanted({ id: copy.id });
      setNews(`${NAMES[copy.type]} duplicated`);
    },
    remove: (id) => {
      const place = placeOf(document_, id);
      const list = listAt(document_, place);
      setWanted({ id: (list[place.index + 1] ?? list[place.index - 1] ?? { id: place.row })?.id ?? null });
      change((before) => removed(before, id));
      setNews(`${nameOf(document_, id)} deleted. Undo brings it back.`);
    },
    resplit: (id, split) => change((before) => resplit(before, id, split)),
  };
}

function nameOf(document_, id) {
  return NAMES[blockOf(document_, id)?.type] ?? "Block";
}

// After a block was moved, added or taken out the focus is where the author goes on.
function useFocus(element, wanted) {
  useLayoutEffect(() => {
    if (!wanted) return undefined;
    const frame = requestAnimationFrame(() => {
      if (wanted.element && element.contains(wanted.element) && !wanted.element.disabled) {
        wanted.element.focus({ preventScroll: true });
        wanted.element.scrollIntoView({ block: "nearest" });
        return;
      }
      const block = wanted.id && element.querySelector(`[data-block="${wanted.id}"]`);
      const field = wanted.isNew && block?.querySelector('[contenteditable="true"], .block-fields input, .picture button, textarea, select');
      (field || block)?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [wanted]);
}

// The list of merge tags beside the page inserts where the author wrote last.
function useInsertTag(element, writing, isReadOnly) {
  useEffect(() => {
    const insert = ({ detail }) => {
      const [tag] = tagsIn(detail);
      if (tag && writing.current && !isReadOnly) insertTag(writing.current, tag.name, tag.fallback);
    };
    element.addEventListener("insert-tag", insert);
    return () => element.removeEventListener("insert-tag", insert);
  }, [element]);
}
