// A funnel as the builder holds it, and every change of it. Values never change: each verb returns a new graph.
//   graph: { start: id | null, nodes: [step], edges: [{ source, branch, target }] }
//   step:  { id, key, kind, name, config, x, y, content_id } and, as the server says it: words, icon, tone, branches, kind_label
export const WIDTH = 208;
export const HEIGHT = 58;
export const PITCH = 104; // from one step to the one below it
export const MOST_STEPS = 300;
export const LONGEST_NAME = 80;

export const wayId = (way) => `${way.source}/${way.branch}`;
export const stepOf = (graph, id) => graph.nodes.find((node) => node.id === id) ?? null;
export const waysOut = (graph, id) => graph.edges.filter((way) => way.source === id);
export const waysInto = (graph, id) => graph.edges.filter((way) => way.target === id);
export const wayOf = (graph, source, branch) => graph.edges.find((way) => way.source === source && way.branch === branch) ?? null;
export const required = (step) => step.branches.filter((branch) => branch.is_required);

// The branches that a step offers, and those that are drawn though it does not offer them (any more).
export function branchesOf(graph, step) {
  const drawn = waysOut(graph, step.id).map((way) => way.branch);
  const offered = step.branches.map((branch) => branch.name);
  const strange = drawn.filter((name) => !offered.includes(name));
  return [...step.branches, ...strange.map((name) => ({ name, label: name, is_required: false, isStrange: true }))];
}

// What is written on a way: nothing where the step leads on by one way only.
export function wayLabel(step, branch) {
  const found = step?.branches.find((one) => one.name === branch);
  if (!found) return branch;
  return found.is_required && required(step).length === 1 ? "" : found.label;
}

// The way by which the next step goes on from here: the first that leads nowhere yet, else the first.
export function likelyBranch(graph, id) {
  const step = stepOf(graph, id);
  const names = step ? required(step).map((branch) => branch.name) : [];
  return names.find((name) => !wayOf(graph, id, name)) ?? names[0] ?? null;
}

// Where a step goes that is added by a click: behind the active one, else into the first way that leads nowhere, else
// before the last end. `null` source means: as the first step.
export function likelyPlace(graph, activeId) {
  if (!graph.nodes.length || !graph.start) return { source: null };
  const active = activeId && likelyBranch(graph, activeId);
  if (active) return { source: activeId, branch: active };
  for (const node of graph.nodes) {
    const open = required(node).find((branch) => !wayOf(graph, node.id, branch.name));
    if (open) return { source: node.id, branch: open.name };
  }
  const last = graph.edges.filter((way) => stepOf(graph, way.source)).at(-1);
  return last ? { source: last.source, branch: last.branch } : { apart: true };
}

export function newStep(kind, graph, id, more = {}) {
  const same = graph.nodes.filter((node) => node.kind === kind.name).length;
  return {
    id, key: "", kind: kind.name, kind_label: kind.label, icon: kind.icon, tone: kind.tone, words: kind.words,
    branches: kind.branches, config: {}, content_id: null, x: null, y: null,
    name: same ? `${kind.label} ${same + 1}` : kind.label, ...more,
  };
}

// The step put into the graph at a place: { source, branch } (a way out), { source: null } (before the first step) or
// { apart: true } (connected to nothing). All required ways of the new step lead to where the way led before.
export function addStep(graph, step, place) {
  if (place.apart) return { ...graph, nodes: [...graph.nodes, placed(graph, step)], start: graph.start ?? (graph.nodes.length ? null : step.id) };
  const before = place.source === null ? graph.start : (wayOf(graph, place.source, place.branch)?.target ?? null);
  const roomy = before && step.y == null ? makeRoom(graph, before, place.source) : graph;
  const at = place.source === null ? 0 : graph.nodes.findIndex((node) => node.id === place.source) + 1;
  const nodes = roomy.nodes.toSpliced(at, 0, placed(roomy, step, place, before && stepOf(graph, before)));
  const onward = before ? required(step).map((branch) => ({ source: step.id, branch: branch.name, target: before })) : [];
  const kept = graph.edges.filter((way) => !(way.source === place.source && way.branch === place.branch));
  if (place.source === null) return { nodes, edges: [...kept, ...onward], start: step.id };
  return { nodes, edges: [...kept, { source: place.source, branch: place.branch, target: step.id }, ...onward], start: graph.start };
}

// Behind the step that it follows (beside it for a second way out), or where the one stood that it comes before.
function placed(graph, step, place = {}, before = null) {
  if (step.x != null && step.y != null) return step;
  const source = place.source && stepOf(graph, place.source);
  if (!source) return { ...step, ...free(graph, before ? { x: before.x, y: before.y } : { x: 0, y: bottom(graph) }, step.id) };
  const ways = required(source);
  const at = ways.findIndex((branch) => branch.name === place.branch);
  const aside = ways.length > 1 || at < 0 ? ((at < 0 ? ways.length : at) - (ways.length - 1) / 2) * (WIDTH + 32) : 0;
  return { ...step, ...free(graph, { x: before && ways.length < 2 ? source.x : source.x + aside, y: source.y + PITCH }, step.id) };
}

const bottom = (graph) => Math.max(0, ...graph.nodes.map((node) => node.y + PITCH));

// The nearest spot to the right that no step covers.
export function free(graph, { x, y }, except) {
  const covers = (node) => node.id !== except && Math.abs(node.x - x) < WIDTH + 12 && Math.abs(node.y - y) < HEIGHT + 12;
  while (graph.nodes.some(covers)) x += WIDTH + 32;
  return { x, y };
}

// Everything from the step on that stands below its place moves down, so that another one fits before it.
function makeRoom(graph, id, except) {
  const first = stepOf(graph, id);
  const source = except && stepOf(graph, except);
  if (source && first.y - source.y >= 2 * PITCH - 12) return graph;
  const ahead = reachable(graph, id);
  return { ...graph, nodes: graph.nodes.map((node) => (ahead.has(node.id) && node.id !== except && node.y >= first.y ? { ...node, y: node.y + PITCH } : node)) };
}

export function reachable(graph, from) {
  const seen = new Set();
  const ahead = [from];
  while (ahead.length) {
    const here = ahead.pop();
    if (seen.has(here)) continue;
    seen.add(here);
    for (const way of waysOut(graph, here)) ahead.push(way.target);
  }
  return seen;
}

export function connect(graph, source, branch, target) {
  if (source === target || !stepOf(graph, target)) return graph;
  const kept = graph.edges.filter((way) => !(way.source === source && way.branch === branch));
  return { ...graph, edges: [...kept, { source, branch, target }] };
}

export const disconnect = (graph, ids) => ({ ...graph, edges: graph.edges.filter((way) => !ids.includes(wayId(way))) });
export const startAt = (graph, id) => ({ ...graph, start: id });

// What led to a step that goes leads on to where it led, if that is one step; else those ways go with it.
export function removeSteps(graph, ids) {
  return ids.reduce(removeStep, graph);
}

function removeStep(graph, id) {
  const targets = new Set(waysOut(graph, id).map((way) => way.target).filter((target) => target !== id));
  const onward = targets.size === 1 ? [...targets][0] : null;
  const edges = graph.edges
    .filter((way) => way.source !== id)
    .map((way) => (way.target === id ? { ...way, target: onward } : way))
    .filter((way) => way.target && way.target !== way.source);
  return { nodes: graph.nodes.filter((node) => node.id !== id), edges, start: graph.start === id ? onward : graph.start };
}

export function changeStep(graph, id, changes) {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? { ...node, ...changes } : node)) };
}

// places: id -> { x, y }
export function moveSteps(graph, places) {
  const moved = (node) => (places.has(node.id) ? { ...node, x: Math.round(places.get(node.id).x), y: Math.round(places.get(node.id).y) } : node);
  return { ...graph, nodes: graph.nodes.map(moved) };
}

// What the server is sent.
export function asSent(graph, revision) {
  const kept = ({ id, key, kind, name, config, x, y, content_id }) => ({ id, key, kind, name, config, x, y, content_id });
  const way = ({ source, branch, target }) => ({ source, branch, target });
  return { revision, start: graph.start, nodes: graph.nodes.map(kept), edges: graph.edges.map(way) };
}

export function fromServer(told) {
  return { start: told.start, nodes: told.nodes, edges: told.edges };
}
