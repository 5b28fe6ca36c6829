// Writing words: merge tags at the caret, keeping what is typed, the preview, and what a text costs.
import { startCounting } from "./writing/counting.js";
import { startKeeping } from "./writing/keeping.js";
import { startPreview } from "./writing/previewing.js";

// Merge tags go where the author was writing last; before that, into the text.
const fields = ["subject", "preheader", "text", "html"].map((id) => document.getElementById(id)).filter(Boolean);
const editor = document.querySelector("words-editor");
let place = fields.find((field) => field.id === "text") ?? fields[0];

for (const field of fields) field.addEventListener("focus", () => (place = field));
editor?.addEventListener("focusin", () => (place = editor));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button || !place || place.disabled) return;
  if (place === editor) {
    editor.insertTag(button.dataset.insert);
    return;
  }
  place.closest("details")?.setAttribute("open", "");
  place.setRangeText(button.dataset.insert, place.selectionStart, place.selectionEnd, "end");
  place.focus();
  place.dispatchEvent(new Event("input", { bubbles: true }));
});

const form = document.getElementById("words");
if (form?.dataset.keep) startKeeping(form);
const preview = document.querySelector("[data-preview]");
if (preview) startPreview(preview, form);
if (form) startCounting(form);
