// A step's settings: those that do not count with the present choice are hidden. Without this all of them are shown.
// The form may come later, into the builder's panel: whoever puts it there says so by the event `form:shown`.
function show() {
  for (const field of document.querySelectorAll("[data-when]")) {
    const other = document.getElementById(field.dataset.when);
    if (other) field.hidden = !field.dataset.is.split(" ").includes(other.value);
  }
}

document.addEventListener("change", show);
document.addEventListener("form:shown", show);
show();

// The step at hand, or the first one, stands in the middle of the picture. Only the picture scrolls, never the page.
const canvas = document.querySelector(".funnel-canvas");
const card = canvas?.querySelector(".funnel-step-on") ?? canvas?.querySelector(".funnel-step");
if (card) {
  const [inside, around] = [card.getBoundingClientRect(), canvas.getBoundingClientRect()];
  canvas.scrollLeft += inside.left + inside.width / 2 - around.left - around.width / 2;
  if (card.classList.contains("funnel-step-on")) canvas.scrollTop += inside.top - around.top - around.height / 3;
}
