// What makes answering quick: places in lists are kept, ⌘↵ sends, files go at once, merge tags where the cursor is.
import "./snippets.js";
import { spoken } from "./writing/speaking.js";

const places = new Map();

document.addEventListener("keydown", (event) => {
  const area = event.target.closest?.("[data-send]");
  if (!area) return;
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
    event.preventDefault();
    // Pressed, not submitted: htmx learns from the press which button it was.
    area.form.querySelector(".composer-send button[type=submit]")?.click();
  }
  if (event.key === "Escape") area.blur();
});

document.addEventListener("change", (event) => {
  const field = event.target.closest?.("[data-attach]");
  if (field?.files.length) sendFiles(field);
});

// Files are dropped anywhere on the answer box.
document.addEventListener("dragover", (event) => {
  if (dropped(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const field = dropped(event);
  if (!field || !event.dataTransfer.files.length) return;
  event.preventDefault();
  field.files = event.dataTransfer.files;
  sendFiles(field);
});

function dropped(event) {
  const box = event.target.closest?.(".composer");
  return box && event.dataTransfer?.types.includes("Files") ? box.querySelector("[data-attach]") : null;
}

document.addEventListener("click", (event) => {
  const item = event.target.closest?.("[data-insert]");
  const area = item && document.querySelector(".composer-text");
  if (!area) return;
  const letter = document.querySelector("letter-editor");
  if (letter?.insertTag) {
    letter.insertTag(item.dataset.insert);
    item.closest("details").open = false;
    return;
  }
  area.setRangeText(item.dataset.insert, area.selectionStart, area.selectionEnd, "end");
  item.closest("details").open = false;
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-segments]")) countSegments(event.target);
  if (event.target.matches?.("[data-speaks], [data-drop]")) countSeconds();
});

// What was typed goes along with the files, so that the page that comes back still has it.
function sendFiles(field) {
  for (const name of ["text", "subject", "doc", "to", "cc", "bcc", "forwards", "key"]) {
    const typed = document.getElementById("answer")?.elements.namedItem(name);
    if (typed) field.form.append(hidden(name, typed.value));
  }
  field.form.requestSubmit();
}

function hidden(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

// GSM-7 counts 160 letters alone and 153 each when joined; any other letter makes it 70 and 67.
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;

function countSegments(area) {
  const place = document.querySelector(area.dataset.segments);
  if (!place) return;
  const text = area.value;
  const isGsm = GSM.test(text);
  const units = isGsm ? text.length + (text.match(/[\^{}\\[~\]|€]/g)?.length ?? 0) : text.length;
  const [alone, joined] = isGsm ? [160, 153] : [70, 67];
  const count = units <= alone ? Math.min(units, 1) : Math.ceil(units / joined);
  place.textContent = units ? `${units} letters, ${count} ${count === 1 ? "segment" : "segments"}` : "";
}

// A script takes so long to say; a recording needs no words.
function countSeconds() {
  const area = document.querySelector("[data-speaks]");
  const place = area && document.querySelector(area.dataset.speaks);
  if (!place) return;
  const isScript = document.querySelector("[data-drop]")?.selectedOptions[0]?.hasAttribute("data-script");
  const { seconds, warning } = spoken(area.value, Number(area.dataset.speed));
  area.hidden = !isScript;
  place.textContent = isScript && area.value.trim() ? `About ${seconds} seconds. ${warning}` : "";
}

// What was just sent leaves in so many seconds: said once to a reader of screens, counted for everybody else.
setInterval(() => {
  for (const clock of document.querySelectorAll("[data-countdown]")) {
    // Seconds, not a moment: whose clock is right does not matter.
    clock.until ??= performance.now() + Number(clock.dataset.countdown) * 1000;
    const left = Math.ceil((clock.until - performance.now()) / 1000);
    clock.lastElementChild.textContent = left > 0 ? `Leaves in ${left} ${left === 1 ? "second" : "seconds"}` : "Leaving now";
    if (left <= 0) clock.nextElementSibling?.remove();
  }
}, 500);

// The panes are swapped whole: where somebody was in a list or a thread stays where it was.
function remember() {
  document.querySelectorAll("[data-keep-scroll]").forEach((pane) => places.set(placeOf(pane), pane.scrollTop));
}

function placeOf(pane) {
  const about = pane.dataset.keepScroll;
  return about === "list" ? `list${location.search}` : `${about}${location.pathname}`;
}

function restore() {
  document.querySelectorAll("[data-keep-scroll]").forEach((pane) => {
    const at = places.get(placeOf(pane));
    if (at !== undefined) pane.scrollTop = at;
    else if ("scrollEnd" in pane.dataset && !location.search.includes("earlier=")) pane.scrollTop = pane.scrollHeight;
  });
  document.querySelectorAll("[data-segments]").forEach(countSegments);
  countSeconds();
}

function isNearEnd(pane) {
  return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
}

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.target?.id === "thread" && document.hidden) event.detail.parameters.unseen = "1";
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const id = event.detail.target.id;
  if (id === "panes" || id === "people") remember();
  const pane = document.querySelector('[data-keep-scroll="thread"]');
  if (id === "thread" && pane && isNearEnd(pane)) places.delete(placeOf(pane));
  else if (pane) places.set(placeOf(pane), pane.scrollTop);
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (["panes", "people", "thread"].includes(event.detail.target.id)) restore();
});
restore();
