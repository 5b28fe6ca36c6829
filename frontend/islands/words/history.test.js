import assert from "node:assert/strict";
import { test } from "node:test";
import { begun, changed, redone, undone } from "./history.js";

test("what is typed in one go is one step back", () => {
  let history = begun("");
  for (const [at, text] of ["h", "he", "hey"].entries()) history = changed(history, text, "text:a", at * 300);
  history = changed(history, "hey you", "text:a", 5000);
  assert.equal(undone(history).present, "hey");
  assert.equal(undone(undone(history)).present, "");
  assert.equal(undone(undone(undone(history))).present, "");
});

test("another place, or a change without one, stands alone", () => {
  let history = changed(begun(0), 1, "text:a", 0);
  history = changed(history, 2, "text:b", 1);
  history = changed(history, 3, null, 2);
  history = changed(history, 4, null, 3);
  assert.deepEqual(history.past, [0, 1, 2, 3]);
});

test("redo brings back what undo took, until something else is done", () => {
  const history = undone(undone(changed(changed(begun("a"), "b", null, 0), "c", null, 1)));
  assert.equal(redone(redone(history)).present, "c");
  assert.equal(redone(redone(redone(history))).present, "c");
  const other = changed(redone(history), "x", null, 2);
  assert.equal(redone(other).present, "x");
  assert.equal(undone(other).present, "b");
});

test("typing after undo is a step of its own", () => {
  const typed = changed(begun("a"), "ab", "text:a", 0);
  const again = changed(undone(typed), "ax", "text:a", 1);
  assert.equal(undone(again).present, "a");
});

test("no change is no step, and memory ends", () => {
  let history = begun(0);
  assert.equal(changed(history, 0, null, 0), history);
  for (let step = 1; step < 500; step += 1) history = changed(history, step, null, step);
  assert.equal(history.past.length, 200);
});
