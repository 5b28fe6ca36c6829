// Notices on the desktop, for whoever asked for them in this browser: what concerns them, said by one tab of all that are open.
import { keepWhile } from "./live.js";

const SAID = new Set(["reply", "mention", "assigned", "turn", "reminder", "taken"]);
const REMEMBERED = 100;
const can = "Notification" in window && "locks" in navigator;
let speaks = false;

export function startDesktop() {
  const rail = document.querySelector("[data-desktop-user]");
  if (!rail) return;
  const user = rail.dataset.desktopUser;
  const kept = `loumass-desktop-${user}`;
  const isOn = () => can && Notification.permission === "granted" && localStorage.getItem(kept) === "on";
  draw(isOn());
  document.addEventListener("click", async (event) => {
    const act = event.target.closest("[data-desktop-act]")?.dataset.desktopAct;
    if (act === "on" && (await Notification.requestPermission()) === "granted") localStorage.setItem(kept, "on");
    if (act === "off") localStorage.removeItem(kept);
    if (act) draw(isOn());
    if (act === "on" && isOn()) queue(user);
  });
  document.addEventListener("live:fact", (event) => {
    if (event.detail.kind === "notification" && speaks && isOn()) say(event.detail, rail.dataset.desktopWords, kept);
  });
  keepWhile(() => speaks && isOn());
  if (isOn()) queue(user);
}

// One tab holds the lock and speaks; when it is closed, the next one in the queue does.
function queue(user) {
  if (queue.isIn) return;
  queue.isIn = true;
  navigator.locks.request(`loumass-desktop-${user}`, () => {
    speaks = true;
    keepWhile(() => speaks);
    return new Promise(() => {});
  });
}

async function say(fact, address, kept) {
  const id = fact.notification_id ?? fact.message_id;
  if (!SAID.has(fact.facts?.kind) || !id || isSaid(id, kept)) return;
  if (document.hasFocus() && location.pathname.endsWith(fact.conversation_id)) return;
  const answer = await fetch(`${address}?${new URLSearchParams({ kind: fact.facts.kind, id })}`);
  if (!answer.ok) return;
  const words = await answer.json();
  const notice = new Notification(words.title, { body: words.body, tag: id });
  notice.onclick = () => {
    window.focus();
    location.assign(words.url);
  };
}

// A tab that takes over reads what the one before may have said already.
function isSaid(id, kept) {
  const said = JSON.parse(localStorage.getItem(`${kept}-said`) ?? "[]");
  localStorage.setItem(`${kept}-said`, JSON.stringify([id, ...said.filter((one) => one !== id)].slice(0, REMEMBERED)));
  return said.includes(id);
}

function draw(isOn) {
  const box = document.querySelector("[data-desktop]");
  if (!box) return;
  const state = !can ? "unable" : Notification.permission === "denied" ? "denied" : isOn ? "on" : "off";
  box.hidden = false;
  for (const part of box.querySelectorAll("[data-desktop-when]")) part.hidden = part.dataset.desktopWhen !== state;
}
