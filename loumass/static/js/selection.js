// Choosing rows: all on the page, a range with Shift, the count in the bar. The bar itself shows by CSS.
let last = null;
let kept = [];

export function startSelection() {
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("[data-check]")) chooseRange(event);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-check-all]")) chooseAll(event.target);
    if (event.target.matches("[data-check], [data-check-all], [data-bulk-everything]")) refresh();
  });
  document.addEventListener("reset", (event) => {
    if (event.target.matches("[data-bulk]")) setTimeout(refresh);
  });
  // "3 new" brings the list anew: who was chosen stays chosen.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig?.elt.matches("[data-live-new]")) kept = boxes().filter((box) => box.checked).map((box) => box.value);
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    for (const box of boxes()) if (kept.includes(box.value)) box.checked = true;
    kept = [];
    refresh();
  });
  addEventListener("pageshow", refresh);
  refresh();
}

function boxes() {
  return [...document.querySelectorAll("[data-check]")];
}

function chooseAll(head) {
  for (const box of head.closest("[data-selection]").querySelectorAll("[data-check]")) box.checked = head.checked;
}

function chooseRange(event) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && last && from >= 0) {
    for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
    refresh();
  }
  last = event.target;
}

function refresh() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  for (const head of document.querySelectorAll("[data-check-all]")) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    const everything = bar.querySelector("[data-bulk-everything]")?.checked;
    bar.querySelector("[data-bulk-count]").textContent = everything ? "All of them" : `${chosen} selected`;
  }
}
