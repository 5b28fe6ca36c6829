// Merge tags go where the author was writing last, at the caret; before that, into the text. The fields may come and go.
const NAMES = ["subject", "preheader", "text", "html"];
let place = null;

function isPlace(element) {
  return NAMES.includes(element?.id) && element.matches("input, textarea") && element.isConnected;
}

document.addEventListener("focusin", (event) => {
  if (isPlace(event.target)) place = event.target;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const first = NAMES.map((id) => document.getElementById(id)).find(isPlace);
  const field = isPlace(place) ? place : (document.getElementById("text") ?? first);
  if (!button || !isPlace(field) || field.disabled) return;
  field.closest("details")?.setAttribute("open", "");
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
