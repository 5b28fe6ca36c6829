// j k move, x choose, / search, ? help; ⌘K is palette.js; any `data-key` letter presses its element. Letters rest while typing.
const ROWS = "[data-row], .table-list tbody tr:has(a, [data-check])";

export function startKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) return jump(event);
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    press(event);
  });
}

function press(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = { j: () => move(1), k: () => move(-1), x: choose, "/": search, "?": help }[key] ?? (() => named(key));
  if (act()) event.preventDefault();
}

function isTyping(element) {
  return element.isContentEditable || element.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

// Where there is no palette (palette.js), the field of the rail.
function jump(event) {
  const field = document.querySelector("#palette") ? null : [...document.querySelectorAll("[data-jump], [data-search]")].find(visible);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function rows() {
  return [...document.querySelectorAll(ROWS)].filter(visible);
}

function current() {
  return document.querySelector(".row-now");
}

// Where one is: the row that was moved to, else the one whose page is open.
function here() {
  return current() ?? rows().find((row) => row.contains(document.activeElement)) ?? rows().find((row) => row.querySelector("[aria-current]"));
}

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(here());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  current()?.classList.remove("row-now");
  next.classList.add("row-now");
  const link = next.matches("a, button") ? next : next.querySelector("a") ?? next.querySelector("[data-check]");
  link?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function choose() {
  const box = here()?.querySelector("[data-check]");
  box?.click();
  return Boolean(box);
}

function search() {
  const field = [...document.querySelectorAll("[data-search]")].find(visible);
  field?.focus();
  field?.select();
  return Boolean(field);
}

function help() {
  const dialog = document.getElementById("keys");
  dialog?.showModal();
  return Boolean(dialog);
}

function named(key) {
  const element = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && visible(one));
  if (!element) return false;
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox])")) element.focus();
  else element.click();
  // A menu that a letter opened is gone through by arrows at once.
  if (element.matches("summary") && element.parentElement.open) element.parentElement.querySelector(".menu-items .menu-item, .menu-items input:not([type=hidden])")?.focus();
  return true;
}
