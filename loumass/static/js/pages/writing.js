// Writing words: merge tags at the caret, keeping what is typed, the preview, and what a text costs.
import { startCounting } from "./writing/counting.js";
import { startKeeping } from "./writing/keeping.js";
import { startPreview } from "./writing/previewing.js";

// Merge tags go where the author was writing last; before that, into the text. The fields may come and go.
const NAMES = ["subject", "preheader", "text", "html"];
let place = null;

function isPlace(element) {
  if (!element?.isConnected) return false;
  return element.matches("words-editor") || (NAMES.includes(element.id) && element.matches("input, textarea"));
}

document.addEventListener("focusin", (event) => {
  const found = event.target.closest("words-editor") ?? event.target;
  if (isPlace(found)) place = found;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const first = ["text", ...NAMES].map((id) => document.getElementById(id)).find(isPlace);
  const field = isPlace(place) ? place : first;
  if (!field || field.disabled) return;
  if (field.matches("words-editor")) {
    field.insertTag(button.dataset.insert);
    return;
  }
  field.closest("details")?.setAttribute("open", "");
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

function start() {
  const form = document.getElementById("words");
  const preview = document.querySelector("[data-preview]");
  if (form?.dataset.keep) startKeeping(form);
  if (preview) startPreview(preview, form);
  if (form) startCounting(form);
}

// The builder's panel shows forms one after the other.
document.addEventListener("form:shown", start);
start();
