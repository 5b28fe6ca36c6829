// ⌘↵ in a note saves as the button does; a list that refreshes by itself rests while tasks are chosen in it.
document.addEventListener("keydown", (event) => {
  const area = event.target.closest?.("[data-saves]");
  if (!area) return;
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
    event.preventDefault();
    area.form.requestSubmit(area.form.querySelector("button[value=next]"));
  }
  if (event.key === "Escape") area.blur();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.detail.elt.matches("#tasks > [hx-trigger]") && document.getElementById("tasks");
  if (list && list.querySelector("[data-check]:checked")) event.preventDefault();
});
