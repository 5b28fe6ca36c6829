import assert from "node:assert/strict";
import { test } from "node:test";
import { addStep, asSent, branchesOf, connect, disconnect, free, likelyBranch, likelyPlace, moveSteps, newStep, PITCH, removeSteps, wayLabel } from "./graph.js";
import { drawn, funnel, step } from "./funnels.js";

const KIND = { name: "wait", label: "Wait", icon: "clock", tone: "amber", words: "3 days", branches: step("x").branches };

test("a step goes into a way, and what stood below makes room", () => {
  const graph = addStep(funnel("a:mail > b:end"), step("n", "wait", { x: null, y: null }), { source: "a", branch: "next" });
  assert.equal(drawn(graph), "a.next>n n.next>b");
  assert.deepEqual(graph.nodes.map((node) => [node.id, node.y]), [["a", 0], ["n", PITCH], ["b", 2 * PITCH]]);
});

test("all required ways of a fork lead to where the way led", () => {
  const graph = addStep(funnel("a:mail > b:end"), step("q", "ask", { x: null }), { source: "a", branch: "next" });
  assert.equal(drawn(graph), "a.next>q q.no>b q.yes>b");
});

test("the first step of all is where people begin; before it another takes its place", () => {
  const first = addStep({ start: null, nodes: [], edges: [] }, step("a", "wait", { x: null }), { source: null });
  assert.equal(first.start, "a");
  const second = addStep(first, step("b", "wait", { x: null }), { source: null });
  assert.deepEqual([second.start, drawn(second)], ["b", "b.next>a"]);
});

test("a deleted step joins its neighbours when that is unambiguous", () => {
  assert.equal(drawn(removeSteps(funnel("a:mail > b, b > c:end"), ["b"])), "a.next>c");
  assert.equal(drawn(removeSteps(funnel("a:mail > q:ask, q.yes > c:end, q.no > d:end"), ["q"])), "");
  assert.equal(drawn(removeSteps(funnel("a:mail > b, b > c, c > d:end"), ["b", "c"])), "a.next>d");
  const without = removeSteps(funnel("a:mail > b:end"), ["a"]);
  assert.deepEqual([without.start, without.edges], ["b", []]);
  assert.equal(drawn(removeSteps(funnel("a > b, b > a"), ["b"])), "", "nothing leads to itself by that");
});

test("a branch leads to one step, never to its own, and may be taken away", () => {
  const graph = funnel("a:mail > b, b > c:end");
  assert.equal(drawn(connect(graph, "a", "next", "c")), "a.next>c b.next>c");
  assert.equal(connect(graph, "a", "next", "a"), graph);
  assert.equal(connect(graph, "a", "next", "gone"), graph);
  assert.equal(drawn(disconnect(graph, ["a/next"])), "b.next>c");
});

test("the likely place is behind the active step, else the first open way, else before the last end", () => {
  const open = funnel("a:mail > q:ask, q.yes > c:end");
  assert.deepEqual(likelyPlace(open, "a"), { source: "a", branch: "next" });
  assert.deepEqual(likelyPlace(open, "c"), { source: "q", branch: "no" });
  assert.equal(likelyBranch(open, "c"), null);
  assert.deepEqual(likelyPlace(funnel("a:mail > b, b > c:end"), null), { source: "b", branch: "next" });
  assert.deepEqual(likelyPlace({ start: null, nodes: [], edges: [] }, null), { source: null });
});

test("names count, labels say only what tells ways apart, and strange ways are kept", () => {
  const graph = funnel("a:mail > b:end, a.old > b");
  assert.equal(newStep(KIND, graph, "n").name, "Wait");
  assert.equal(newStep(KIND, funnel("a > b"), "n").name, "Wait 3");
  const [mail] = graph.nodes;
  assert.deepEqual(["next", "failed", "old"].map((name) => wayLabel(mail, name)), ["", "not sent", "old"]);
  assert.deepEqual(branchesOf(graph, mail).map((branch) => branch.name), ["next", "failed", "old"]);
});

test("steps never cover each other, and what is sent holds nothing that the server said", () => {
  const graph = funnel("a:mail > b:end");
  assert.deepEqual(free(graph, { x: 10, y: 0 }), { x: 250, y: 0 });
  const sent = asSent(moveSteps(graph, new Map([["a", { x: 1.4, y: -2.6 }]])), 7);
  assert.deepEqual([sent.revision, sent.nodes[0]], [7, { id: "a", key: "a", kind: "mail", name: "a", config: {}, x: 1, y: -3, content_id: null }]);
});
