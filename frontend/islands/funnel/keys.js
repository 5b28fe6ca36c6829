// The keyboard. On the canvas letters act on the step that has the focus; undo and the like act everywhere in the builder.
import { isTyping } from "./around.js";
import { likelyBranch, stepOf } from "./pure/graph.js";
import { neighbour } from "./pure/walk.js";

export const KEYS = [
  ["Arrows", "walk along the ways; left and right to what stands beside"],
  ["Enter", "open the step; Escape comes back"],
  ["A", "add a step after this one"],
  ["C", "connect to…"],
  ["F2", "rename"],
  ["Delete", "delete; its neighbours are joined"],
  ["Space", "choose this step too; ⌘A chooses all"],
  ["⌘C ⌘X ⌘V ⌘D", "copy, cut, paste, double"],
  ["⌘Z ⇧⌘Z", "undo, do again"],
  ["Alt Arrows", "move the step"],
  ["P", "next problem"],
  ["O", "outline: the same steps as a list"],
  ["L", "arrange all steps"],
  ["F + −", "fit, nearer, farther"],
  ["?", "this list"],
];

const ARROWS = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "left", ArrowRight: "right" };
const MOVES = { ArrowDown: [0, 20], ArrowUp: [0, -20], ArrowLeft: [-20, 0], ArrowRight: [20, 0] };
let cameFrom = null;

export function onKey(event, store, stage) {
  if (isTyping(event.target) || event.target.closest("dialog")) return;
  const act = event.ctrlKey || event.metaKey ? withCommand(event, store) : plain(event, store, stage);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function withCommand(event, store) {
  const { graph, active, selected } = store.state;
  return {
    a: () => store.set({ selected: graph.nodes.map((node) => node.id), panel: null }),
    d: () => store.paste(store.copy(selected.length ? selected : [active])),
  }[event.key.toLowerCase()];
}

function plain(event, store, stage) {
  const { active, graph, mayChangeSteps, connecting } = store.state;
  if (event.key in ARROWS) return () => (event.altKey ? nudge(event.key, store, stage) : walk(event, store, stage));
  const reading = {
    Enter: () => (connecting ? finish(store) : open(store, active)),
    " ": () => toggle(store, active),
    Escape: () => escape(store),
    p: () => nextProblem(store, stage),
    o: () => openOutline(store),
    f: () => stage.current.fit(),
    "+": () => stage.current.zoomIn(),
    "=": () => stage.current.zoomIn(),
    "-": () => stage.current.zoomOut(),
    Home: () => go(store, stage, graph.start),
  };
  const changing = {
    a: () => addAfter(store, active),
    c: () => active && store.set({ dialog: { what: "connect", id: active } }),
    l: () => arrange(store, stage),
    F2: () => active && store.set({ dialog: { what: "rename", id: active } }),
    Delete: () => removeHere(store, stage),
    Backspace: () => removeHere(store, stage),
  };
  return (mayChangeSteps && (changing[event.key] ?? changing[event.key.toLowerCase()])) || reading[event.key] || reading[event.key.toLowerCase()];
}

// The list takes the focus where one is; Escape gives it back.
export function openOutline(store) {
  const isOpen = store.state.pane === "outline";
  store.set({ pane: isOpen ? null : "outline" });
  const find = () => document.querySelector(`[data-outline="${store.state.active}"]`) ?? document.querySelector(".outline-step");
  if (!isOpen) requestAnimationFrame(() => find()?.focus());
}

export function arrange(store, stage) {
  store.tidy();
  requestAnimationFrame(() => stage.current.fit());
}

export function addAfter(store, id) {
  const step = stepOf(store.state.graph, id);
  const branch = step && likelyBranch(store.state.graph, id);
  store.set({ dialog: { what: "add", after: branch ? id : null, place: branch ? { source: id, branch } : null, title: branch ? `Add a step after ${step.name}` : "Add a step" } });
}

function go(store, stage, id) {
  if (!id) return;
  cameFrom = store.state.active;
  const { panel } = store.state;
  store.set({ active: id, selected: [id], panel: panel && id });
  stage.current.focus(id);
}

function walk(event, store, stage) {
  const { graph, active, selected } = store.state;
  const here = stepOf(graph, active) ? active : (graph.start ?? graph.nodes[0]?.id);
  if (!here) return;
  const next = neighbour(graph, here, ARROWS[event.key], cameFrom);
  if (!next) return;
  go(store, stage, next);
  if (event.shiftKey) store.set({ selected: [...new Set([...selected, here, next])], panel: null });
}

function nudge(key, store, stage) {
  const ids = store.state.selected.filter((id) => stepOf(store.state.graph, id));
  if (!ids.length) return;
  const [x, y] = MOVES[key];
  const places = ids.map((id) => [id, stepOf(store.state.graph, id)]).map(([id, step]) => [id, { x: step.x + x, y: step.y + y }]);
  store.move(new Map(places));
  stage.current.show(store.state.active);
}

function open(store, id) {
  if (!id) return;
  store.set({ ...store.open(id), focusPanel: (store.state.focusPanel ?? 0) + 1 });
}

function toggle(store, id) {
  const { selected } = store.state;
  if (id) store.set({ selected: selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id], panel: null });
}

function escape(store) {
  if (store.state.connecting) store.set({ connecting: null });
  else store.set({ panel: null, pane: null, selected: [] });
}

function finish(store) {
  const { connecting, active } = store.state;
  store.connect(connecting.source, connecting.branch, active);
  store.set({ connecting: null });
}

function removeHere(store, stage) {
  const { selected, active } = store.state;
  store.remove(selected.length ? selected : [active]);
  if (store.state.active) stage.current.focus(store.state.active);
}

export function nextProblem(store, stage) {
  const { problems, active } = store.state;
  const ids = [...new Set(problems.map((problem) => problem.step_id).filter(Boolean))];
  if (ids.length) go(store, stage, ids[(ids.indexOf(active) + 1) % ids.length]);
}

// Everywhere in the builder, whatever has the focus; never while somebody types.
export function installKeys(store, stage) {
  const onDown = (event) => {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    const act = command && key === "z" ? () => (event.shiftKey ? store.redo() : store.undo())
      : command && key === "y" ? () => store.redo()
      : !command && event.key === "?" ? () => store.set({ dialog: { what: "help" } })
      : !command && !event.altKey && event.key === "/" ? () => document.getElementById("palette-search")?.focus()
      : null;
    // With the focus nowhere the letters act as on the canvas; else they are left to whoever has it.
    if (!act) return event.target === document.body ? onKey(event, store, stage) : undefined;
    event.preventDefault();
    event.stopPropagation();
    return act();
  };
  const onCopy = (event) => take(event, store, false);
  const onCut = (event) => take(event, store, true);
  const onPaste = (event) => {
    if (isTyping(event.target)) return;
    if (store.paste(event.clipboardData?.getData("text/plain") || undefined) || store.paste()) event.preventDefault();
  };
  document.addEventListener("keydown", onDown, true);
  document.addEventListener("copy", onCopy);
  document.addEventListener("cut", onCut);
  document.addEventListener("paste", onPaste);
}

function take(event, store, isCut) {
  if (isTyping(event.target) || String(getSelection())) return;
  const { selected, active } = store.state;
  const ids = selected.filter((id) => !id.includes("/"));
  const text = store.copy(ids.length ? ids : [active]);
  if (!text) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
  if (isCut) store.remove(ids.length ? ids : [active]);
}
