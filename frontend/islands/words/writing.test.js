import assert from "node:assert/strict";
import { test } from "node:test";
import { merged, tagsIn, valueOf, written } from "../../../loumass/static/js/pages/writing/merging.js";
import { plainer, segments } from "../../../loumass/static/js/pages/writing/segments.js";
import { spoken } from "../../../loumass/static/js/pages/writing/speaking.js";

test("merge tags are read and written as the server does", () => {
  const text = 'Hi {{contact.first_name|fallback:"my \\"dear\\" friend"}}, {{ sender.name }} {{odd';
  const [first, second] = tagsIn(text);
  assert.deepEqual([first.name, first.fallback], ["contact.first_name", 'my "dear" friend']);
  assert.equal(second.name, "sender.name");
  assert.equal(written(first), text.slice(first.start, first.end));
  assert.equal(merged(text, { "sender.name": "Grace" }), 'Hi my "dear" friend, Grace {{odd');
  assert.equal(valueOf("contact.shoe_size", { "contact.fields.shoe_size": "7" }), "7");
});

test("a text is counted in the alphabet it needs", () => {
  assert.deepEqual(segments("a".repeat(161)), { encoding: "GSM-7", count: 2, units: 161, left: 145, expensive: [] });
  assert.deepEqual(segments("“€”"), { encoding: "UCS-2", count: 1, units: 3, left: 67, expensive: ["“", "”"] });
  assert.equal(segments(plainer("“Wait…” – now")).encoding, "GSM-7");
});

test("numbers take their time", () => {
  assert.ok(spoken("Call 303 555 0142", 150).seconds > spoken("Call me back now", 150).seconds);
  assert.match(spoken("word ".repeat(200), 150).warning, /Longer than 60/u);
  assert.equal(spoken("", 150).warning, "");
});
