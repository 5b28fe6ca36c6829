// Snippets while somebody writes: "/" and some letters find them, already filled in; arrows choose, Enter or Tab takes.
const TYPED = /(?:^|\s)\/([\w-]{0,30})$/u;
let asking = 0;

document.addEventListener("input", ({ target }) => {
  // Hidden: an editor of forms stands in its place, and asks by itself.
  if (target.matches?.("[data-snippets]:not([aria-hidden])")) look(target);
});

document.addEventListener("keydown", (event) => {
  const list = found();
  const area = list && event.target.closest?.("[data-snippets]");
  if (!area) return;
  if (event.key === "Escape") close(area);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") move(list, area, event.key === "ArrowDown" ? 1 : -1);
  else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey && chosenOf(list)) take(area, chosenOf(list));
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Before the text loses its caret.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("#snippets-found [role=option]");
  const area = document.querySelector("[data-snippets]");
  if (!option || !area) return;
  event.preventDefault();
  take(area, option);
});
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.("[data-snippets]")) close(target);
});

async function look(area) {
  const typed = TYPED.exec(area.value.slice(0, area.selectionStart));
  const turn = ++asking;
  if (!typed) {
    close(area);
    return;
  }
  const address = new URL(area.dataset.snippets, location.href);
  address.searchParams.set("q", typed[1]);
  const answer = await fetch(address).catch(() => null);
  // Without an answer the letters stay letters: nothing that was typed is lost.
  if (!answer?.ok || turn !== asking || !area.isConnected) return;
  const text = await answer.text();
  if (turn !== asking) return;
  found()?.remove();
  const list = new DOMParser().parseFromString(text, "text/html").getElementById("snippets-found");
  if (!list) return;
  area.closest(".composer").append(document.adoptNode(list));
  area.setAttribute("aria-controls", "snippets-found");
  area.setAttribute("aria-expanded", "true");
  point(area);
}

function take(area, option) {
  const before = area.value.slice(0, area.selectionStart);
  const typed = TYPED.exec(before);
  const start = typed ? before.length - typed[1].length - 1 : before.length;
  area.setRangeText(option.dataset.text, start, area.selectionStart, "end");
  say(option.dataset.missing);
  close(area);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// What nothing is known for is seen before it is sent; the server refuses to send it.
function say(missing) {
  const place = document.getElementById("missing");
  if (!place) return;
  place.hidden = !missing;
  place.textContent = missing ? `Nothing is known for ${missing}. Write it out before you send.` : "";
}

function move(list, area, by) {
  const options = [...list.querySelectorAll("[role=option]")];
  const at = options.indexOf(chosenOf(list));
  options[at]?.setAttribute("aria-selected", "false");
  const next = options[(at + by + options.length) % options.length];
  next?.setAttribute("aria-selected", "true");
  next?.scrollIntoView({ block: "nearest" });
  point(area);
}

function point(area) {
  const chosen = found() && chosenOf(found());
  if (chosen) area.setAttribute("aria-activedescendant", chosen.id);
  else area.removeAttribute("aria-activedescendant");
}

function close(area) {
  asking += 1;
  found()?.remove();
  for (const name of ["aria-controls", "aria-expanded", "aria-activedescendant"]) area.removeAttribute(name);
}

function found() {
  return document.getElementById("snippets-found");
}

function chosenOf(list) {
  return list.querySelector("[aria-selected=true]");
}
