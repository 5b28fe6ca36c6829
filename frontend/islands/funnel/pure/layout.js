// Where steps stand when the builder puts them: in layers, by dagre.
import { Graph, layout } from "@dagrejs/dagre";
import { free, HEIGHT, PITCH, waysInto, WIDTH } from "./graph.js";

const BESIDE = 96; // between the funnel and what is not connected to it
const GAP = 32;

// id -> { x, y } of the upper left corner. The first step keeps its place, so that the picture does not jump. What is not
// connected to it stands beside the funnel, two steps in a row, so that none of it is far away.
export function arranged(graph) {
  const [whole, ...loose] = pieces(graph);
  if (!whole) return new Map();
  const first = whole.nodes.find((node) => node.id === graph.start) ?? whole.nodes[0];
  const places = layered(whole, first);
  const [left, top] = [Math.max(...[...places.values()].map((spot) => spot.x)) + WIDTH + BESIDE, places.get(first.id).y];
  for (const [id, spot] of shelved(loose, left, top)) places.set(id, spot);
  return places;
}

// The parts of the graph that no way connects, the one with the first step before the others.
export function pieces(graph) {
  const piece = new Map(graph.nodes.map((node) => [node.id, node.id]));
  const root = (id) => {
    while (piece.get(id) !== id) id = piece.get(id);
    return id;
  };
  for (const way of graph.edges) if (piece.has(way.source) && piece.has(way.target)) piece.set(root(way.target), root(way.source));
  const found = [...Map.groupBy(graph.nodes, (node) => root(node.id)).values()].map((nodes) => {
    const ids = new Set(nodes.map((node) => node.id));
    return { start: ids.has(graph.start) ? graph.start : null, nodes, edges: graph.edges.filter((way) => ids.has(way.source) && ids.has(way.target)) };
  });
  return found.toSorted((a, b) => Number(b.start !== null) - Number(a.start !== null));
}

// Piece beside piece, in rows that are two steps wide or as wide as the widest piece.
function shelved(loose, left, top) {
  const boxes = loose.toSorted((a, b) => b.nodes.length - a.nodes.length).map((piece) => box(layered(piece, piece.nodes[0])));
  const wide = Math.max(2 * WIDTH + GAP, ...boxes.map((one) => one.width));
  const places = new Map();
  let [x, y, high] = [left, top, 0];
  for (const one of boxes) {
    if (x > left && x + one.width > left + wide) [x, y, high] = [left, y + high + PITCH - HEIGHT, 0];
    for (const [id, spot] of one.spots) places.set(id, { x: Math.round(x + spot.x), y: Math.round(y + spot.y) });
    x += one.width + GAP;
    high = Math.max(high, one.height);
  }
  return places;
}

function box(spots) {
  const [xs, ys] = [[...spots.values()].map((spot) => spot.x), [...spots.values()].map((spot) => spot.y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const moved = new Map([...spots].map(([id, spot]) => [id, { x: spot.x - left, y: spot.y - top }]));
  return { spots: moved, width: Math.max(...xs) - left + WIDTH, height: Math.max(...ys) - top + HEIGHT };
}

// The places of steps that are connected, in layers below each other.
function layered(graph, first) {
  const drawn = new Graph({ multigraph: true });
  drawn.setGraph({ rankdir: "TB", nodesep: GAP, ranksep: PITCH - HEIGHT, ranker: "network-simplex" });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawn.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const way of ordered(graph)) drawn.setEdge(way.source, way.target, {}, way.branch);
  layout(drawn);
  const origin = drawn.node(first.id);
  const [left, top] = [first.x ?? 0, first.y ?? 0];
  const sign = leaning(graph, (id) => drawn.node(id).x) < 0 ? -1 : 1;
  const spot = ({ x, y }) => ({ x: Math.round(sign * (x - origin.x) + left), y: Math.round(y - origin.y + top) });
  return new Map(graph.nodes.map(({ id }) => [id, spot(drawn.node(id))]));
}

// Below nothing: more forks are drawn the wrong way round (no left of yes) than the right way; then a mirror helps.
function leaning(graph, x) {
  const forks = Map.groupBy(ordered(graph), (way) => way.source).values();
  return [...forks].map((ways) => Math.sign(x(ways.at(-1).target) - x(ways[0].target))).reduce((sum, one) => sum + one, 0);
}

// Ways in the order in which steps offer them, so that yes comes before no.
function ordered(graph) {
  const place = new Map(graph.nodes.flatMap((node, at) => node.branches.map((branch, number) => [`${node.id}/${branch.name}`, at * 100 + number])));
  return graph.edges.toSorted((a, b) => (place.get(`${a.source}/${a.branch}`) ?? 0) - (place.get(`${b.source}/${b.branch}`) ?? 0));
}

// The graph with a place for every step. Where nobody has moved any, all are arranged; a few new ones are put behind
// the steps that lead to them.
export function placedWhole(graph) {
  const lost = graph.nodes.filter((node) => node.x == null || node.y == null);
  if (!lost.length) return graph;
  if (lost.length === graph.nodes.length) return withPlaces(graph, arranged(graph));
  return lost.reduce(placeBehind, { ...graph, nodes: graph.nodes.map((node) => (lost.includes(node) ? { ...node, x: Infinity, y: Infinity } : node)) });
}

function placeBehind(graph, { id }) {
  const sources = waysInto(graph, id).map((way) => graph.nodes.find((node) => node.id === way.source));
  const source = sources.find((node) => node && Number.isFinite(node.y));
  const known = graph.nodes.filter((node) => Number.isFinite(node.y));
  const wanted = source ? { x: source.x, y: source.y + PITCH } : { x: 0, y: Math.max(...known.map((node) => node.y)) + PITCH };
  return withPlaces(graph, new Map([[id, free({ nodes: known }, wanted, id)]]));
}

export function withPlaces(graph, places) {
  return { ...graph, nodes: graph.nodes.map((node) => (places.has(node.id) ? { ...node, ...places.get(node.id) } : node)) };
}
