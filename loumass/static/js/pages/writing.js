// Merge tags go where the author was writing last, at the caret; before that, into the text.
const fields = ["subject", "preheader", "text", "html"].map((id) => document.getElementById(id)).filter(Boolean);
let place = fields.find((field) => field.id === "text") ?? fields[0];

for (const field of fields) field.addEventListener("focus", () => (place = field));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button || !place || place.disabled) return;
  place.closest("details")?.setAttribute("open", "");
  place.setRangeText(button.dataset.insert, place.selectionStart, place.selectionEnd, "end");
  place.focus();
  place.dispatchEvent(new Event("input", { bubbles: true }));
});
