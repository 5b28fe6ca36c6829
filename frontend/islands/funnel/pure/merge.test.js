import assert from "node:assert/strict";
import { test } from "node:test";
import { changeStep, connect, moveSteps, removeSteps, startAt } from "./graph.js";
import { begun, done, rebased, redone, undone } from "./history.js";
import { merge } from "./merge.js";
import { drawn, funnel, step } from "./funnels.js";

const BASE = funnel("a:mail > b, b > c:end");
const added = (graph, id) => ({ ...graph, nodes: [...graph.nodes, step(id, "end")] });
const names = (graph) => graph.nodes.map((node) => node.name).join(" ");

test("what only one of the two changed is kept of both", () => {
  const mine = connect(changeStep(added(BASE, "m"), "a", { name: "Mine" }), "b", "next", "m");
  const theirs = moveSteps(changeStep(added(BASE, "t"), "b", { config: { amount: 9 }, words: "9 days" }), new Map([["c", { x: 5, y: 5 }]]));
  const { graph, conflicts } = merge(BASE, mine, theirs);
  assert.deepEqual(conflicts, []);
  assert.equal(names(graph), "Mine b c t m");
  assert.equal(drawn(graph), "a.next>b b.next>m");
  assert.deepEqual([graph.nodes[1].config, graph.nodes[1].words, graph.nodes[2].x], [{ amount: 9 }, "9 days", 5]);
});

test("different fields of one step are no conflict, and the same change twice is none", () => {
  const { graph, conflicts } = merge(BASE, changeStep(BASE, "b", { name: "Mine" }), changeStep(BASE, "b", { config: { amount: 1 } }));
  assert.deepEqual([conflicts, graph.nodes[1].name, graph.nodes[1].config], [[], "Mine", { amount: 1 }]);
  assert.deepEqual(merge(BASE, changeStep(BASE, "b", { config: { x: [1] } }), changeStep(BASE, "b", { config: { x: [1] } })).conflicts, []);
});

test("the same thing changed differently is asked, and either answer counts", () => {
  const [mine, theirs] = [changeStep(BASE, "b", { name: "Mine" }), changeStep(BASE, "b", { name: "Theirs" })];
  const { graph, conflicts } = merge(BASE, mine, theirs);
  assert.deepEqual([names(graph), conflicts.map((one) => [one.key, one.mine, one.theirs])], ["a Mine c", [["b.name", "Mine", "Theirs"]]]);
  assert.equal(names(merge(BASE, mine, theirs, { "b.name": "theirs" }).graph), "a Theirs c");
  assert.deepEqual(merge(BASE, mine, theirs, { "b.name": "mine" }).conflicts, []);
});

test("a step that one deleted and the other changed is never lost unasked", () => {
  const changed = changeStep(BASE, "b", { name: "Changed" });
  const gone = removeSteps(BASE, ["b"]);
  for (const [mine, theirs, drop] of [[gone, changed, "mine"], [changed, gone, "theirs"]]) {
    const { graph, conflicts } = merge(BASE, mine, theirs);
    assert.deepEqual([names(graph), conflicts.length, conflicts[0].key], ["a Changed c", 1, "b"]);
    assert.equal(names(merge(BASE, mine, theirs, { b: drop }).graph), "a c");
  }
  assert.deepEqual([names(merge(BASE, gone, BASE).graph), names(merge(BASE, BASE, gone).graph)], ["a c", "a c"]);
});

test("ways and the start are merged alike, and none leads to a step that is gone", () => {
  const one = merge(BASE, connect(BASE, "a", "next", "c"), connect(BASE, "a", "failed", "c"));
  assert.deepEqual([drawn(one.graph), one.conflicts], ["a.failed>c a.next>c b.next>c", []]);
  const two = merge(BASE, connect(BASE, "b", "next", "a"), { ...BASE, edges: BASE.edges.slice(0, 1) });
  assert.deepEqual(two.conflicts.map((conflict) => [conflict.key, conflict.mine, conflict.theirs]), [["b/next", "a", null]]);
  assert.equal(merge(BASE, startAt(BASE, "b"), BASE).graph.start, "b");
  assert.equal(merge(BASE, startAt(BASE, "b"), startAt(BASE, "c")).conflicts[0].key, "start");
  const lost = merge(BASE, connect(BASE, "a", "failed", "b"), removeSteps(BASE, ["b"]));
  assert.equal(drawn(lost.graph), "a.next>c");
});

test("undo goes back and forth, and never undoes what somebody else did", () => {
  const first = changeStep(BASE, "a", { name: "One" });
  const second = changeStep(first, "b", { name: "Two" });
  let history = done(done(begun(), BASE, "Renamed a"), first, "Renamed b");
  let back = undone(history, second);
  assert.deepEqual([names(back.graph), back.label], ["One b c", "Renamed b"]);
  assert.equal(names(redone(back.history, back.graph).graph), "One Two c");
  assert.deepEqual([undone(begun(), BASE), redone(begun(), BASE)], [null, null]);
  const theirs = changeStep(second, "c", { name: "Theirs" });
  history = rebased(history, second, theirs);
  back = undone(history, theirs);
  assert.equal(names(back.graph), "One b Theirs");
  assert.equal(names(undone(back.history, back.graph).graph), "a b Theirs");
  assert.equal(done(back.history, BASE, "x").future.length, 0);
});
