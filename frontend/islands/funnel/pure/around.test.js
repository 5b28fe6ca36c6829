import assert from "node:assert/strict";
import { test } from "node:test";
import { copied, pasted, read } from "./clipboard.js";
import { changeStep } from "./graph.js";
import { corners, exitOf, labelSpot, lanes, nearest, path } from "./routes.js";
import { Saver } from "./saving.js";
import { neighbour, outline } from "./walk.js";
import { drawn, funnel, step } from "./funnels.js";

const KINDS = [{ name: "mail" }, { name: "wait" }, { name: "ask" }];
const ids = () => { let number = 0; return () => `n${(number += 1)}`; };

test("steps are pasted with ids and keys of their own, the ways between them, and names of each other", () => {
  const graph = changeStep(funnel("a:mail > q:ask, q.yes > b, q.no > c:end"), "q", { config: { step: "a", rules: [{ step: "b" }], field: "a" } });
  const told = read(copied(graph, ["a", "q", "b"]));
  const { graph: after, ids: fresh } = pasted(graph, told, KINDS, ids());
  assert.deepEqual(fresh, ["n1", "n2", "n3"]);
  assert.equal(drawn(after), "a.next>q n1.next>n2 n2.yes>n3 q.no>c q.yes>b");
  const copy = after.nodes.find((node) => node.id === "n2");
  assert.deepEqual([copy.key, copy.config], ["q-2", { step: "a-2", rules: [{ step: "b-2" }], field: "a" }]);
  const covered = after.nodes.filter((one) => after.nodes.some((two) => one !== two && Math.abs(one.x - two.x) < 200 && Math.abs(one.y - two.y) < 50));
  assert.deepEqual(covered, []);
});

test("only what was copied here is pasted, and only kinds that exist", () => {
  for (const text of ["", "hello", "{}", "[1]", "null", '{"kind":"loumass/steps"}']) assert.equal(read(text), null);
  const told = read(copied(funnel("a:mail > c:end"), ["a", "c"]));
  const { graph, left } = pasted({ start: null, nodes: [], edges: [] }, told, KINDS, ids(), { x: 40, y: 60 });
  assert.deepEqual([graph.nodes.map((node) => [node.id, node.x, node.y]), graph.start, left], [[["n1", 40, 60]], "n1", 1]);
  assert.equal(copied(funnel("a > b"), []), null);
});

test("arrows walk along ways and to what stands beside", () => {
  const graph = funnel("a:mail > q:ask, q.yes > b, q.no > c, b > e:end, c > e");
  const at = { b: [-120, 208], c: [120, 208] };
  const laid = { ...graph, nodes: graph.nodes.map((node) => (at[node.id] ? { ...node, x: at[node.id][0], y: at[node.id][1] } : node)) };
  assert.deepEqual(["down", "up"].map((way) => neighbour(laid, "q", way)), ["b", "a"]);
  assert.deepEqual([neighbour(laid, "b", "right"), neighbour(laid, "c", "left"), neighbour(laid, "a", "up")], ["c", "b", null]);
  assert.equal(neighbour(laid, "e", "up", "c"), "c");
});

test("the outline lists every step once, forks deeper, and points where a step is listed already", () => {
  const lines = outline(funnel("a:mail > q:ask, q.yes > b, q.no > c, b > e:end, c > e, x > a"));
  assert.deepEqual(lines.map((line) => `${line.depth}${line.branch && ` ${line.branch}`} ${line.id}${line.isPointer ? "*" : ""}`), [
    "0 a", "0 q", "1 yes b", "1 e", "1 no c", "1 e*", "0 x", "0 a*",
  ]);
});

test("ways leave by their branch, bend at right angles, and lead back beside everything", () => {
  const ask = step("q", "ask");
  assert.deepEqual([exitOf(ask, "yes"), exitOf(ask, "no"), exitOf(step("m", "mail"), "failed")], [208 / 3, (208 * 2) / 3, 190]);
  assert.equal(path(corners(0, 0, 0, 50)), "M0 0L0 50");
  const bent = corners(0, 0, 100, 60);
  assert.deepEqual(bent, [[0, 0], [0, 20], [100, 20], [100, 60]]);
  assert.match(path(bent), /^M0 0L0 12Q0 20 8 20L92 20Q100 20 100 28L100 60$/u);
  assert.deepEqual([labelSpot(bent, false), labelSpot(bent, true)], [{ x: 100, y: 40 }, { x: 0, y: 10 }]);
  const steps = [{ id: "a", x: 0, y: 0 }, { id: "b", x: 0, y: 104 }, { id: "c", x: 0, y: 208 }];
  const found = lanes(steps, [
    { id: "next", source: "a", target: "b", exit: 104 }, { id: "past", source: "a", target: "c", exit: 190 }, { id: "back", source: "c", target: "b", exit: 104 },
  ]);
  assert.deepEqual([...found], [["past", 222], ["back", 230]]);
  assert.deepEqual([...lanes([steps[0], steps[2]], [{ id: "free", source: "a", target: "c", exit: 190 }])], []);
  const ways = [{ id: "one", points: bent }, { id: "two", points: [[300, 0], [300, 60]] }];
  assert.equal(nearest(ways, { x: 104, y: 40 }, 16).id, "one");
  assert.equal(nearest(ways, { x: 200, y: 40 }, 16), null);
});

test("saving waits a moment, goes one by one, merges, asks, and tries again after a failure", async () => {
  const [told, timers, outcomes] = [[], [], []];
  const saver = new Saver({
    send: () => Promise.resolve(outcomes.shift()), tell: (state) => told.push(state.what), now: () => 5,
    after: (ms, act) => timers.push({ ms, act }), stop: () => {},
  });
  outcomes.push({ isSaved: true });
  saver.touch();
  assert.deepEqual([told, timers.length, timers[0].ms], [["waiting"], 1, 700]);
  await timers[0].act();
  assert.deepEqual(told.splice(0), ["waiting", "saving", "saved"]);

  outcomes.push({ isMerged: true }, { isSaved: true });
  saver.touch();
  await saver.flush();
  assert.deepEqual(told.splice(0), ["waiting", "saving", "saving", "saved"]);

  outcomes.push({ isAsked: true });
  saver.touch();
  await saver.flush();
  saver.touch();
  assert.deepEqual(told.splice(0), ["waiting", "saving", "asking"]);
  outcomes.push({ isSaved: true });
  await saver.answered();
  assert.deepEqual(told.splice(0), ["saving", "saved"]);

  outcomes.push({ problem: "No connection." }, { isSaved: true });
  saver.touch();
  await saver.flush();
  assert.deepEqual([told.splice(0), saver.isDirty, timers.at(-1).ms], [["waiting", "saving", "failed"], true, 2000]);
  await timers.at(-1).act();
  assert.deepEqual(told.splice(0), ["saving", "saved"]);

  const order = [];
  const slow = saver.alone(() => Promise.resolve().then(() => order.push("first")));
  const failing = saver.alone(() => Promise.reject(new Error("refused")));
  await Promise.all([slow, assert.rejects(failing), saver.alone(() => order.push("last"))]);
  assert.deepEqual(order, ["first", "last"]);
});
