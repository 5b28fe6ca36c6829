// Ctrl/Cmd+K: one field for pages, deeds of the page at hand, people, campaigns and conversations. The field keeps the
// focus; the option that Enter takes is told by aria-activedescendant.
const DEEDS = ".page-actions a, .page-actions button, [data-key], .page-bar [data-search]";
let now = null;

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector(".palette-words");
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) open(dialog, field);
  });
  field.addEventListener("keydown", (event) => steer(event, dialog));
  field.addEventListener("input", () => narrow(dialog, field.value));
  dialog.addEventListener("htmx:afterSwap", () => narrow(dialog, field.value));
  dialog.addEventListener("pointermove", (event) => point(dialog, event.target.closest(".palette-item")));
  dialog.addEventListener("click", (event) => take(event, dialog));
}

function open(dialog, field) {
  field.value = "";
  dialog.querySelector("#palette-found").replaceChildren();
  listDeeds(dialog.querySelector("#palette-deeds"));
  dialog.showModal();
  field.focus();
  narrow(dialog, "");
}

// What the page offers by buttons and letters, each once.
function listDeeds(group) {
  group.querySelectorAll(".palette-item").forEach((item) => item.remove());
  const said = new Set();
  for (const element of document.querySelectorAll(DEEDS)) {
    const name = nameOf(element);
    if (!name || said.has(name) || !isVisible(element) || element.closest("dialog")) continue;
    said.add(name);
    group.append(option(element, name, said.size));
  }
}

function nameOf(element) {
  const words = element.getAttribute("aria-label") ?? element.title ?? "";
  return (words || element.querySelector(".btn-label")?.textContent || element.textContent).trim().replace(/\s+/g, " ").slice(0, 60);
}

function isVisible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function option(element, name, number) {
  const item = document.createElement("button");
  Object.assign(item, { type: "button", className: "palette-item", id: `palette-deed-${number}`, tabIndex: -1 });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const drawing = element.querySelector("svg")?.cloneNode(true);
  if (drawing) item.append(drawing);
  item.append(Object.assign(document.createElement("span"), { textContent: name }));
  const key = element.dataset.key;
  if (key) item.append(Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }));
  item.deed = element;
  return item;
}

function items(dialog) {
  return [...dialog.querySelectorAll(".palette-item:not([hidden])")];
}

// What was found by the server fits already.
function narrow(dialog, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of dialog.querySelectorAll(".palette-item:not([data-found])")) {
    const text = item.textContent.toLowerCase();
    item.hidden = !wanted.every((word) => text.includes(word));
  }
  for (const group of dialog.querySelectorAll(".palette-group")) group.hidden = !group.querySelector(".palette-item:not([hidden])");
  const left = items(dialog);
  dialog.querySelector(".palette-none").hidden = left.length > 0;
  point(dialog, left.includes(now) ? now : left[0] ?? null);
}

function point(dialog, item) {
  if (item === undefined || (item === null && items(dialog).length)) return;
  now?.setAttribute("aria-selected", "false");
  now = item;
  const field = dialog.querySelector(".palette-words");
  if (!now) return field.removeAttribute("aria-activedescendant");
  now.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", now.id);
}

function steer(event, dialog) {
  const all = items(dialog);
  const at = all.indexOf(now);
  const next = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, PageDown: Math.min(at + 8, all.length - 1), PageUp: Math.max(at - 8, 0) }[event.key];
  if (event.key === "Enter") {
    event.preventDefault();
    now?.click();
  } else if (next !== undefined && all.length) {
    event.preventDefault();
    point(dialog, all[next]);
    now.scrollIntoView({ block: "nearest" });
  }
}

function take(event, dialog) {
  const item = event.target.closest(".palette-item");
  if (!item) return;
  dialog.close();
  const element = item.deed;
  if (!element) return;
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox])")) element.focus();
  else element.click();
  if (element.matches("summary") && element.parentElement.open) element.parentElement.querySelector(".menu-items button, .menu-items a, .menu-items input:not([type=hidden])")?.focus();
}
