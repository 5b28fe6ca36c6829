import assert from "node:assert/strict";
import { test } from "node:test";
import { blockOf, created, duplicated, inserted, movedTo, placeOf, removed, resplit, shifted, updated } from "./document.js";

const letter = () => ({
  version: 1,
  design: {},
  blocks: [
    { id: "a", type: "text" },
    { id: "row", type: "columns", split: "1-1-1", columns: [[{ id: "x", type: "text" }], [{ id: "y", type: "button" }], [{ id: "z", type: "image" }]] },
    { id: "b", type: "divider" },
  ],
});
const ids = (document) => document.blocks.map((block) => block.id + (block.columns ? `(${block.columns.map((inside) => inside.map((one) => one.id).join("+")).join("|")})` : "")).join(" ");

test("every kind that can be made has an id of its own", () => {
  const made = ["text", "image", "button", "columns", "divider", "signature", "html"].map(created);
  assert.equal(new Set(made.map((block) => block.id)).size, 7);
  assert.ok(made.every((block) => /^[\w-]{1,40}$/u.test(block.id)));
});

test("blocks are found at the top and inside of columns", () => {
  assert.deepEqual(placeOf(letter(), "y"), { row: "row", column: 1, index: 0 });
  assert.deepEqual(placeOf(letter(), "b"), { row: null, column: 0, index: 2 });
  assert.equal(placeOf(letter(), "nobody"), undefined);
});

test("moving stays among neighbours and stops at the ends", () => {
  const before = letter();
  assert.equal(ids(shifted(before, "b", -1)), "a b row(x|y|z)");
  assert.equal(shifted(before, "a", -1), before);
  assert.equal(shifted(before, "y", 1), before);
  assert.equal(ids(before), "a row(x|y|z) b");
});

test("blocks are dragged into columns and out of them; rows are not", () => {
  assert.equal(ids(movedTo(letter(), "a", { row: "row", column: 1, index: 1 })), "row(x|y+a|z) b");
  assert.equal(ids(movedTo(letter(), "y", { row: null, column: 0, index: 0 })), "y a row(x||z) b");
  const before = letter();
  assert.equal(movedTo(before, "row", { row: "row", column: 0, index: 0 }), before);
  assert.equal(inserted(before, created("columns"), { row: "row", column: 0, index: 0 }), before);
});

test("a copy shares no id with what it was copied from", () => {
  const { document, copy } = duplicated(letter(), "row");
  assert.equal(document.blocks.length, 4);
  const all = document.blocks.flatMap((block) => [block.id, ...(block.columns ?? []).flat().map((one) => one.id)]);
  assert.equal(new Set(all).size, all.length);
  assert.equal(blockOf(document, copy.id).columns.flat().length, 3);
});

test("fewer columns lose nothing, more begin empty", () => {
  assert.equal(ids(resplit(letter(), "row", "1-2")), "a row(x|y+z) b");
  assert.equal(ids(resplit(resplit(letter(), "row", "1-1"), "row", "1-1-1")), "a row(x|y+z|) b");
});

test("what did not change is shared", () => {
  const before = letter();
  const after = updated(before, "x", { align: "right" });
  assert.equal(after.blocks[0], before.blocks[0]);
  assert.equal(blockOf(after, "x").align, "right");
  assert.equal(blockOf(before, "x").align, undefined);
  assert.equal(ids(removed(before, "x")), "a row(|y|z) b");
});
