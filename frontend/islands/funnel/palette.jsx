// The kinds of steps: found, dragged into the picture, or put in by a click.
import { useState } from "react";
import { useBuilder } from "./context.js";
import { Icon, Tile } from "./icon.jsx";
import { useStore } from "./store.js";

export function Palette() {
  const { store, stage } = useBuilder();
  const isOpen = useStore(store, (state) => state.pane === "palette");
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  if (!mayChange) return null;
  const put = (kind, isByHand) => {
    const id = store.add(kind, null, null, isByHand);
    if (id) stage.current.focus(id);
  };
  return (
    <aside className={`builder-palette${isOpen ? " builder-sheet-open" : ""}`} aria-label="Steps to add">
      <KindList onChoose={put} isDraggable searchId="palette-search" />
    </aside>
  );
}

// Also in the dialogue that asks for a step. The first that fits is taken by Enter. `onChoose(kind, isByHand)`: by mouse or touch.
export function KindList({ onChoose, isDraggable, searchId, isFirst }) {
  const { store } = useBuilder();
  const kinds = useStore(store, (state) => state.kinds);
  const [words, setWords] = useState("");
  const wanted = words.trim().toLowerCase();
  const found = kinds.filter((kind) => !wanted || `${kind.label} ${kind.hint} ${kind.group}`.toLowerCase().includes(wanted));
  const ordered = found.toSorted((a, b) => rank(b, wanted) - rank(a, wanted));
  const onKeyDown = (event) => {
    if (event.key === "Enter" && ordered.length) {
      event.preventDefault();
      onChoose(ordered[0]);
      setWords("");
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      event.currentTarget.closest(".kinds").querySelector(".kind")?.focus();
    }
  };
  return (
    <div className="kinds">
      <div className="search kinds-search">
        <Icon icon="search" />
        <input className="form-control" id={searchId} type="search" value={words} onChange={(event) => setWords(event.target.value)} onKeyDown={onKeyDown} placeholder="Add a step" aria-label="Find a kind of step" data-first={isFirst || undefined} autoComplete="off" />
        <kbd aria-hidden="true">{isDraggable ? "/" : "↵"}</kbd>
      </div>
      <div className="kinds-scroll" onKeyDown={moveInList}>
        {[...new Set(found.map((kind) => kind.group))].map((group) => (
          <section key={group} aria-label={group}>
            <h2 className="kinds-title">{group}</h2>
            <ul>
              {found.filter((kind) => kind.group === group).map((kind) => (
                <li key={kind.name}>
                  <button type="button" className="kind" data-kind={kind.name} title={kind.hint} draggable={isDraggable} onClick={(event) => onChoose(kind, event.detail > 0)} onDragStart={(event) => begin(event, kind)}>
                    <Tile icon={kind.icon} tone={kind.tone} />
                    <span>{kind.label}</span>
                    {isDraggable && <Icon icon="grip-vertical" />}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {!found.length && <p className="kinds-none">No kind of step has that in its name.</p>}
      </div>
    </div>
  );
}

const rank = (kind, wanted) => (wanted && kind.label.toLowerCase().startsWith(wanted) ? 2 : wanted && kind.label.toLowerCase().includes(wanted) ? 1 : 0);

function begin(event, kind) {
  event.dataTransfer.setData("application/x-loumass-step", kind.name);
  event.dataTransfer.effectAllowed = "copy";
}

function moveInList(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  const all = [...event.currentTarget.querySelectorAll(".kind")];
  const next = all.indexOf(document.activeElement) + by;
  event.preventDefault();
  if (next < 0) event.currentTarget.closest(".kinds").querySelector("input").focus();
  else all[Math.min(next, all.length - 1)]?.focus();
}
