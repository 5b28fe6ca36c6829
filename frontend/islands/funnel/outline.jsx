// The same funnel as a list of buttons.
import { useMemo } from "react";
import { isPhone } from "./around.js";
import { useBuilder } from "./context.js";
import { IconButton, Tile } from "./icon.jsx";
import { stepOf } from "./pure/graph.js";
import { outline } from "./pure/walk.js";
import { useStore } from "./store.js";

export function Outline() {
  const { store, stage } = useBuilder();
  const isOpen = useStore(store, (state) => state.pane === "outline");
  const graph = useStore(store, (state) => state.graph);
  const active = useStore(store, (state) => state.active);
  const problems = useStore(store, (state) => state.problems);
  const lines = useMemo(() => (isOpen ? outline(graph) : []), [graph, isOpen]);
  if (!isOpen) return null;
  const wrong = new Set(problems.filter((problem) => problem.severity === "error").map((problem) => problem.step_id));
  const open = (id) => {
    // On a phone there is room for one of them: the step that was pressed.
    store.set({ ...store.open(id), pane: isPhone() ? "panel" : "outline", focusPanel: (store.state.focusPanel ?? 0) + 1 });
    stage.current.show(id);
  };
  const close = () => {
    store.set({ pane: null });
    stage.current.focus(store.state.active);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  return (
    <aside className="builder-outline" aria-label="Outline" onKeyDown={onKeyDown}>
      <header className="builder-outline-head">
        <h2>Outline</h2>
        <IconButton icon="x" label="Close the outline" small onClick={close} />
      </header>
      <ul className="outline-tree" role="tree" aria-label="Steps in the order that people walk" onKeyDown={moveInTree}>
        {lines.map((line, at) => {
          const step = stepOf(graph, line.id);
          return (
            <li key={`${line.id}-${at}`} role="none" className={`outline-branch-${Math.min(line.depth, 6)}`}>
              <button type="button" role="treeitem" aria-level={line.depth + 1} aria-selected={!line.isPointer && active === line.id} className="outline-step" tabIndex={at === 0 ? 0 : -1} data-outline={line.id} onClick={() => open(line.id)}>
                {line.branch && <span className="outline-way">{line.branch}</span>}
                {line.isPointer ? <span className="outline-name">on to {step.name}</span> : (
                  <>
                    <Tile icon={step.icon} tone={step.tone} />
                    <span className="outline-name">{step.name}<small>{step.words}</small></span>
                  </>
                )}
                {wrong.has(line.id) && !line.isPointer && <span className="outline-wrong">has a problem</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {!lines.length && <p className="kinds-none">No steps yet. Press A to add the first one.</p>}
      <p className="builder-outline-foot"><a href={`${store.place.stepsHref.replace(/steps\/$/u, "outline")}`}>Open as a page with forms</a></p>
    </aside>
  );
}

function moveInTree(event) {
  const all = [...event.currentTarget.querySelectorAll("[role=treeitem]")];
  const at = all.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  all[Math.min(Math.max(next, 0), all.length - 1)]?.focus();
}
