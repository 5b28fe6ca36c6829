// Lists that live news refreshes without a jump: rows that are there change in their place and keep their boxes, their
// focus and the scroll; new ones wait behind "3 new". Whoever asks (`data-live-rows`) names the list, and the parts
// around it that have no boxes (`data-live-parts`).
export function startLiveRows() {
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const asking = event.detail.requestConfig?.elt;
    if (!asking?.dataset.liveRows || !event.detail.shouldSwap) return;
    event.detail.shouldSwap = false;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    for (const part of asking.dataset.liveParts?.split(" ") ?? []) replacePart(part, page);
    refreshRows(asking.dataset.liveRows, page);
  });
}

// Exchanged whole; what was scrolled sideways or had the focus in it stays so. An open menu is left alone.
function replacePart(selector, page) {
  const [now, fresh] = [document.querySelector(selector), page.querySelector(selector)];
  if (!now || !fresh || now.isEqualNode(fresh) || now.querySelector("details[open]")) return;
  const scrolled = now.querySelector("[tabindex]")?.scrollLeft ?? 0;
  const focused = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  now.replaceChildren(...fresh.childNodes);
  const frame = now.querySelector("[tabindex]");
  if (frame) frame.scrollLeft = scrolled;
  if (focused) [...now.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
}

function refreshRows(selector, page) {
  const [list, fresh] = [document.querySelector(selector), page.querySelector(selector)];
  if (!list || !fresh) return;
  if (rows(list).length === 0 && !list.contains(document.activeElement)) return begin(list, fresh);
  const coming = new Map(rows(fresh).map((row) => [row.dataset.liveRow, row]));
  let gone = 0;
  for (const row of rows(list)) {
    const next = coming.get(row.dataset.liveRow);
    coming.delete(row.dataset.liveRow);
    row.classList.toggle("row-gone", !next);
    if (next) changeRow(row, next);
    else gone += 1;
  }
  copyTexts(list, fresh);
  offer(list, coming.size, gone);
}

// Nobody was in it: nothing can jump.
function begin(list, fresh) {
  if (rows(fresh).length === 0) return;
  list.replaceChildren(...fresh.childNodes);
  window.htmx.process(list);
}

function rows(list) {
  return [...list.querySelectorAll("[data-live-row]")];
}

// The cell of the box and the one with the focus are left alone.
function changeRow(row, next) {
  row.className = next.className;
  [...row.cells].forEach((cell, at) => {
    const other = next.cells[at];
    if (!other || cell.querySelector("[data-check]") || cell.contains(document.activeElement)) return;
    if (cell.isEqualNode(other)) return;
    cell.title = other.title;
    cell.replaceChildren(...other.childNodes);
    window.htmx.process(cell);
  });
}

function copyTexts(list, fresh) {
  for (const text of list.querySelectorAll("[data-live-text]")) {
    const other = fresh.querySelector(`[data-live-text="${text.dataset.liveText}"]`);
    if (other && other.textContent !== text.textContent) text.textContent = other.textContent;
  }
}

function offer(list, added, gone) {
  const button = list.querySelector("[data-live-new]");
  if (!button) return;
  const words = [added ? `${added} new` : "", gone ? `${gone} moved` : ""].filter(Boolean).join(", ");
  if (button.textContent === words) return;
  const isFirst = button.hidden && words;
  button.textContent = words;
  button.hidden = !words;
  if (isFirst) document.getElementById("live").textContent = `The list has changed: ${words}.`;
}
