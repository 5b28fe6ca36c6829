import assert from "node:assert/strict";
import { test } from "node:test";
import { HEIGHT, WIDTH } from "./graph.js";
import { funnel } from "./funnels.js";

// Layers come from a package; where nothing was fetched from npm, the browser's test alone tries it.
const layout = await import("./layout.js").catch((error) => {
  if (error.code === "ERR_MODULE_NOT_FOUND") return null;
  throw error;
});

test("steps stand in layers below what leads to them, none on another, yes left of no", { skip: !layout }, () => {
  const graph = funnel("a:mail > q:ask, q.no > c, q.yes > b, b > e:end, c > e, x > e");
  const at = layout.arranged(graph);
  assert.deepEqual(at.get("a"), { x: 0, y: 0 });
  for (const way of graph.edges) assert.ok(at.get(way.target).y >= at.get(way.source).y + HEIGHT, `${way.source} above ${way.target}`);
  assert.ok(at.get("b").x + WIDTH <= at.get("c").x);
  const spots = [...at.values()];
  assert.ok(spots.every((one) => spots.every((two) => one === two || Math.abs(one.x - two.x) >= WIDTH || Math.abs(one.y - two.y) >= HEIGHT)));
});

test("what is not connected stands beside the funnel, two in a row, and none on another", { skip: !layout }, () => {
  const graph = funnel("a:mail > b, b > c:end, l1, l2, l3, g:mail > h, l4");
  const at = layout.arranged(graph);
  assert.deepEqual(layout.pieces(graph).map((piece) => piece.nodes.length), [3, 1, 1, 1, 2, 1]);
  const loose = ["l1", "l2", "l3", "l4", "g", "h"].map((id) => at.get(id));
  const right = Math.max(at.get("a").x, at.get("b").x, at.get("c").x) + WIDTH;
  assert.ok(loose.every((one) => one.x > right && one.y >= at.get("a").y && one.x <= right + 2 * (WIDTH + 60)));
  assert.ok(new Set(loose.map((one) => one.y)).size > 1);
  assert.equal(at.get("h").y, at.get("g").y + 104);
  const spots = [...at.values()];
  assert.ok(spots.every((one) => spots.every((two) => one === two || Math.abs(one.x - two.x) >= WIDTH || Math.abs(one.y - two.y) >= HEIGHT)));
});

test("loops and nothing at all are laid out too", { skip: !layout }, () => {
  assert.equal(layout.arranged(funnel("a > b, b > c, c > a")).size, 3);
  assert.equal(layout.arranged({ start: null, nodes: [], edges: [] }).size, 0);
});

test("steps without a place are put behind those that lead to them, and the others stay", { skip: !layout }, () => {
  const graph = funnel("a:mail > b, b > c:end");
  const lost = { ...graph, nodes: graph.nodes.map((node) => (node.id === "b" ? { ...node, x: null, y: null } : { ...node, x: 500 })) };
  const placed = layout.placedWhole(lost);
  assert.deepEqual(placed.nodes.map((node) => node.x), [500, 500, 500]);
  assert.equal(layout.placedWhole(graph), graph);
  assert.ok(layout.placedWhole({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, x: null })) }).nodes.every((node) => node.x != null));
});
