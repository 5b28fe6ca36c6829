// The rule editor: settings that do not count with the present choice are hidden. Without this all of them are shown.
function show() {
  for (const field of document.querySelectorAll("[data-rule] [data-when]")) {
    const other = document.getElementById(field.dataset.when);
    if (other) field.hidden = !field.dataset.is.split(" ").includes(other.value);
  }
}

document.addEventListener("change", (event) => event.target.closest("[data-rule]") && show());
document.body.addEventListener("htmx:afterSwap", show);
document.addEventListener("form:shown", show);
show();
