// On a narrow screen a row of tabs or views is longer than the screen: the one that is open is in sight.
const ROWS = ".tabs, .pills";

export function startTabs() {
  document.querySelectorAll(ROWS).forEach(show);
  document.addEventListener("htmx:load", (event) => {
    const part = event.target;
    if (part.matches?.(ROWS)) show(part);
    part.querySelectorAll?.(ROWS).forEach(show);
  });
}

function show(row) {
  const open = row.querySelector("[aria-current]");
  if (!open || row.scrollWidth <= row.clientWidth) return;
  row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
}
