// What a text costs and how long a script sounds, while they are typed, as the chosen person would get them.
import { merged } from "./merging.js";
import { plainer, segments, words } from "./segments.js";
import { spoken } from "./speaking.js";

export function startCounting(form) {
  const text = form.querySelector("#text");
  const place = form.querySelector("#segments") ?? form.querySelector("[data-spoken]");
  const person = document.getElementById("preview_as");
  const language = form.querySelector("#language");
  if (!text || !place || !person) return;
  let [values, name] = [null, ""];
  const draw = place.id === "segments" ? drawSegments : drawSeconds;

  async function learn() {
    const address = new URL(form.dataset.values, location.href);
    address.searchParams.set("preview_as", person.value.trim());
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return;
    ({ values, name } = await answer.json());
    show();
  }

  function show() {
    if (values) draw(place, merged(text.value, values), { name, language, text, show });
  }

  text.addEventListener("input", show);
  language?.addEventListener("change", show);
  person.addEventListener("change", learn);
  learn();
}

function drawSegments(place, said, { name, text, show }) {
  const counted = segments(said);
  const who = name || "an invented person";
  const line = counted.count
    ? `${words(counted)}, as ${who} would get it.`
    : "Nothing written yet: up to 160 characters fit into one segment.";
  const costly = counted.expensive.length ? ` These characters halve the room: ${counted.expensive.slice(0, 8).join(" ")}` : "";
  place.textContent = line + costly;
  if (plainer(text.value) !== text.value && counted.expensive.length) place.append(" ", plainButton(text, show));
}

function plainButton(text, show) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary btn-sm";
  button.textContent = "Use plain characters";
  button.addEventListener("click", () => {
    text.value = plainer(text.value);
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
    show();
  });
  return button;
}

function drawSeconds(place, said, { name, language }) {
  const speeds = JSON.parse(language.dataset.speeds);
  const { seconds, warning } = spoken(said, speeds[language.value]);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const line = said.trim() ? `About ${length} spoken, as ${name || "an invented person"} would hear it.` : "";
  place.textContent = warning ? `${line} ${warning}` : line;
  place.dataset.tone = warning ? "warn" : "";
}
