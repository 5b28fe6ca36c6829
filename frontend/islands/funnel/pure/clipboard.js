// Steps as text, to be pasted into this funnel or another one. Their words are copied by the server: the text only
// says which they are (content_id), so nothing leaves the organization.
import { HEIGHT, MOST_STEPS, WIDTH } from "./graph.js";

const MARK = "loumass/steps";

export function copied(graph, ids) {
  const nodes = graph.nodes.filter((node) => ids.includes(node.id));
  const edges = graph.edges.filter((way) => ids.includes(way.source) && ids.includes(way.target));
  return nodes.length ? JSON.stringify({ kind: MARK, nodes, edges }) : null;
}

// { nodes, edges } of a text that was copied here, or null for anything else.
export function read(text) {
  try {
    const told = JSON.parse(text);
    return told.kind === MARK && Array.isArray(told.nodes) && Array.isArray(told.edges) ? told : null;
  } catch {
    return null; // people paste all sorts of things
  }
}

// { graph, ids }: the steps put in, with ids and keys of their own. `kinds` are those that exist here.
export function pasted(graph, told, kinds, makeId, at = null) {
  const known = told.nodes.filter((node) => kinds.some((kind) => kind.name === node.kind));
  const room = known.slice(0, Math.max(0, MOST_STEPS - graph.nodes.length));
  const ids = new Map(room.map((node) => [node.id, makeId()]));
  const keys = spareKeys(graph, room);
  const shift = shiftOf(graph, room, at);
  const nodes = room.map((node) => ({
    ...node, id: ids.get(node.id), key: keys.get(node.key), config: renamed(node.config, keys), x: node.x + shift.x, y: node.y + shift.y,
  }));
  const edges = told.edges.filter((way) => ids.has(way.source) && ids.has(way.target)).map((way) => ({ ...way, source: ids.get(way.source), target: ids.get(way.target) }));
  const start = graph.start ?? (graph.nodes.length ? null : (nodes[0]?.id ?? null));
  return { graph: { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges], start }, ids: [...ids.values()], left: told.nodes.length - room.length };
}

function spareKeys(graph, nodes) {
  const taken = new Set(graph.nodes.map((node) => node.key));
  return new Map(nodes.map(({ key }) => {
    let spare = key || "step";
    for (let number = 2; taken.has(spare); number += 1) spare = `${(key || "step").slice(0, 70)}-${number}`;
    taken.add(spare);
    return [key, spare];
  }));
}

// Settings that name another step that was copied along name its copy: wherever they say `step`.
function renamed(value, keys, name = "") {
  if (Array.isArray(value)) return value.map((one) => renamed(one, keys, name));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, keys, key)]));
  return /(^|_)step$/u.test(name) && keys.has(value) ? keys.get(value) : value;
}

// To where it was asked for, else a little aside until nothing is covered.
function shiftOf(graph, nodes, at) {
  if (!nodes.length) return { x: 0, y: 0 };
  const [left, top] = [Math.min(...nodes.map((node) => node.x)), Math.min(...nodes.map((node) => node.y))];
  if (at) return { x: Math.round(at.x - left), y: Math.round(at.y - top) };
  const covers = (x, y) => graph.nodes.some((other) => nodes.some((node) => Math.abs(other.x - node.x - x) < WIDTH + 8 && Math.abs(other.y - node.y - y) < HEIGHT + 8));
  let x = WIDTH + 40;
  while (covers(x, 0)) x += WIDTH + 40;
  return { x, y: 0 };
}
