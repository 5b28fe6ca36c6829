// No swap takes a menu or a dialog away from whoever is at it. News of a part rest while one is open there, and are asked
// for again when it closes. The answer to what somebody did themselves waits for a menu that was opened, or written in,
// after they did it; the menu they did it in closes with the answer. What is typed elsewhere goes along: typed.js.
import { ask, askAll } from "./live.js";

const MENU = "details.menu";
const AT_IT = `${MENU}[open], [data-check]:checked`;
const ENDS = ["toggle", "close", "change", "reset"];
const touched = new WeakMap();
const asked = new WeakMap();
const held = new Map();
const missed = new Set();

export function startResting() {
  document.addEventListener("toggle", (event) => touch(event.target), true);
  document.addEventListener("input", (event) => touch(event.target.closest?.(MENU)));
  document.body.addEventListener("htmx:beforeRequest", begin);
  document.body.addEventListener("htmx:beforeOnLoad", hold);
  for (const name of ENDS) document.addEventListener(name, goOn, true);
}

function touch(menu) {
  if (menu?.matches(`${MENU}[open]`)) touched.set(menu, performance.now());
}

function begin(event) {
  const { xhr, target } = event.detail;
  asked.set(xhr, { at: performance.now(), dialog: openDialog() });
  if (isNews(event.detail)) rest(event);
  else held.delete(target);
}

function hold(event) {
  const { xhr, target } = event.detail;
  if (xhr.status >= 400 && xhr.status !== 422) return;
  if (isNews(event.detail)) rest(event);
  else if (isTouched(event.detail)) {
    event.preventDefault();
    held.set(target, event.detail);
  }
}

function rest(event) {
  const { target, requestConfig } = event.detail;
  const dialog = openDialog();
  if (!target.querySelector(AT_IT) && (!dialog || dialog.contains(target))) return;
  event.preventDefault();
  const { type } = requestConfig.triggeringEvent;
  if (type.startsWith("sse:")) missed.add(type.slice("sse:".length));
}

function isNews({ requestConfig }) {
  return /^(sse|hx:poll):/.test(requestConfig.triggeringEvent?.type ?? "");
}

function isTouched({ xhr, target }) {
  const { at, dialog } = asked.get(xhr);
  const now = openDialog();
  return (now && now !== dialog && !now.contains(target)) || [...target.querySelectorAll(`${MENU}[open]`)].some((menu) => touched.get(menu) > at);
}

function openDialog() {
  return document.querySelector("dialog[open]");
}

function goOn() {
  for (const [target, answer] of held) {
    if (isTouched(answer)) continue;
    held.delete(target);
    if (!target.isConnected) continue;
    answer.xhr.onload();
    // It is older than what the news have shown since.
    askAll();
  }
  for (const name of missed) {
    missed.delete(name);
    ask(name);
  }
}
