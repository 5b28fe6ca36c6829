// Writing words: merge tags at the caret, keeping what is typed, the preview, and what a text costs.
import { startCounting } from "./writing/counting.js";
import { startKeeping } from "./writing/keeping.js";
import { startPreview } from "./writing/previewing.js";

const FIELDS = ["subject", "preheader", "text", "html"];
let place = null;

// Merge tags go where the author was writing last; before that, into the text.
document.addEventListener("focusin", ({ target }) => {
  place = target.closest("words-editor") ?? (FIELDS.includes(target.id) ? target : place);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button) insert(place?.isConnected ? place : firstPlace(), button.dataset.insert);
});

// After the subject comes the text: Enter goes there instead of sending the form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !["subject", "preheader"].includes(event.target.id)) return;
  const text = document.querySelector("words-editor [role=textbox]");
  const next = text?.offsetParent ? text : document.getElementById("text");
  if (!next?.offsetParent) return;
  event.preventDefault();
  next.focus();
});

function firstPlace() {
  const seen = [document.querySelector("words-editor"), ...["text", ...FIELDS].map((id) => document.getElementById(id))];
  return seen.find((one) => one?.offsetParent);
}

function insert(where, tag) {
  if (!where || where.disabled) return;
  if (where.insertTag) {
    where.insertTag(tag);
    return;
  }
  where.closest("details")?.setAttribute("open", "");
  where.setRangeText(tag, where.selectionStart, where.selectionEnd, "end");
  where.focus();
  where.dispatchEvent(new Event("input", { bubbles: true }));
}

const started = new WeakSet();

function start() {
  const form = document.querySelector(".words-form");
  const preview = document.querySelector("[data-preview]");
  if (preview && !started.has(preview)) startPreview(preview, form);
  if (form && !started.has(form)) {
    if (form.dataset.keep) startKeeping(form);
    if (form.dataset.values) startCounting(form);
  }
  for (const one of [form, preview]) if (one) started.add(one);
}

start();
// A part of a page that was swapped in, by a script that says so or by htmx.
document.addEventListener("form:shown", start);
document.addEventListener("htmx:load", start);
