// Notes at the bottom left: six seconds, errors stay. A server answer adds one by `HX-Trigger: {"toast": {"text": ...}}`.
const SECONDS = 6;

export function startToasts() {
  document.querySelectorAll("[data-toast]").forEach(leaveLater);
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) leave(close.closest("[data-toast]"));
  });
  document.body.addEventListener("toast", (event) => showToast(event.detail));
  document.body.addEventListener("announce", (event) => announce(event.detail.value ?? event.detail.text));
  const box = document.getElementById("toasts");
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const added of change.addedNodes) if (added.matches?.("[data-toast]:not([data-timed])")) leaveLater(added);
    }
  }).observe(box, { childList: true });
}

export function showToast({ text, detail, bad = false }) {
  const note = document.createElement("div");
  note.className = bad ? "toast-note toast-bad" : "toast-note";
  note.toggleAttribute("data-toast", true);
  note.toggleAttribute("data-stays", bad);
  if (bad) note.setAttribute("role", "alert");
  note.append(picture(bad ? "alert-circle" : "check"), words(text, detail), closeButton());
  document.getElementById("toasts").append(note);
}

// Said once by a screen reader, politely; nothing is seen.
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
}

function leaveLater(note) {
  note.toggleAttribute("data-timed", true);
  if (note.hasAttribute("data-stays")) return;
  let timer = 0;
  const start = () => (timer = setTimeout(() => leave(note), SECONDS * 1000));
  const stop = () => clearTimeout(timer);
  note.addEventListener("pointerenter", stop);
  note.addEventListener("focusin", stop);
  note.addEventListener("pointerleave", start);
  note.addEventListener("focusout", start);
  start();
}

function leave(note) {
  note.classList.add("toast-leaving");
  setTimeout(() => note.remove(), 160);
}

function picture(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${new URL("../icons.svg", import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}

function words(text, detail) {
  const box = document.createElement("div");
  box.className = "toast-text";
  box.append(text);
  if (detail) {
    const small = document.createElement("small");
    small.textContent = detail;
    box.append(small);
  }
  return box;
}

function closeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.setAttribute("aria-label", "Close this note");
  button.toggleAttribute("data-toast-close", true);
  button.append(picture("x"));
  return button;
}
