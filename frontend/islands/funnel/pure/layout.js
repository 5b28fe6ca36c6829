// Where steps stand when the builder puts them: in layers, by dagre.
import { Graph, layout } from "@dagrejs/dagre";
import { free, HEIGHT, PITCH, waysInto, WIDTH } from "./graph.js";

// id -> { x, y } of the upper left corner. The first step keeps its place, so that the picture does not jump.
export function arranged(graph) {
  const drawn = new Graph({ multigraph: true });
  drawn.setGraph({ rankdir: "TB", nodesep: 32, ranksep: PITCH - HEIGHT, ranker: "network-simplex" });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawn.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const way of ordered(graph)) drawn.setEdge(way.source, way.target, {}, way.branch);
  layout(drawn);
  const first = graph.nodes.find((node) => node.id === graph.start) ?? graph.nodes[0];
  if (!first) return new Map();
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
