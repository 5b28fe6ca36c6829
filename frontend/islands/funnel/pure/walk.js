// Walking the funnel without a mouse: along its ways, and as a list.
import { HEIGHT, stepOf, wayLabel, waysInto, waysOut, WIDTH } from "./graph.js";

function inOrder(graph, id) {
  const names = stepOf(graph, id)?.branches.map((branch) => branch.name) ?? [];
  return waysOut(graph, id).toSorted((a, b) => names.indexOf(a.branch) - names.indexOf(b.branch));
}

// The step that an arrow leads to from here, or null. Down and up along the ways; left and right to what stands beside.
export function neighbour(graph, id, direction, cameFrom = null) {
  if (direction === "down") return inOrder(graph, id)[0]?.target ?? null;
  if (direction === "up") {
    const sources = waysInto(graph, id).map((way) => way.source);
    return sources.includes(cameFrom) ? cameFrom : (sources[0] ?? null);
  }
  return beside(graph, id, direction === "right" ? 1 : -1);
}

// Nearest on the same height first; what stands far above or below is not beside.
function beside(graph, id, sign) {
  const here = stepOf(graph, id);
  const found = graph.nodes.filter((node) => (node.x - here.x) * sign > WIDTH / 4 && Math.abs(node.y - here.y) < 2.5 * HEIGHT);
  const distance = (node) => Math.abs(node.x - here.x) + 3 * Math.abs(node.y - here.y);
  return found.toSorted((a, b) => distance(a) - distance(b))[0]?.id ?? null;
}

// Every step once, in walking order: { id, depth, branch, isPointer }. A pointer leads to a step that is listed elsewhere.
export function outline(graph) {
  const lines = [];
  const listed = new Set();
  const here = new Set(graph.nodes.map((node) => node.id));
  for (const root of [...(here.has(graph.start) ? [graph.start] : []), ...here]) {
    if (listed.has(root)) continue;
    const ahead = [{ id: root, depth: 0, branch: "" }];
    while (ahead.length) {
      const line = ahead.pop();
      lines.push({ ...line, isPointer: listed.has(line.id) });
      if (listed.has(line.id)) continue;
      listed.add(line.id);
      const ways = inOrder(graph, line.id).filter((way) => here.has(way.target));
      const isFork = ways.length > 1;
      for (const way of ways.toReversed()) {
        ahead.push({ id: way.target, depth: line.depth + Number(isFork), branch: isFork ? wayLabel(stepOf(graph, line.id), way.branch) || way.branch : "" });
      }
    }
  }
  return lines;
}
