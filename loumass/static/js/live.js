// News of the organization (docs/live.md): one stream for the whole page, whatever its parts listen to. A part says where it
// listens (`sse-connect`) and what it asks again for (`hx-trigger="sse:<topic or event>"`). What comes while the tab is hidden
// is asked for when somebody looks.
const PACE_MS = 2000;
const HIDDEN_MS = 60_000;
const WAITS_MS = [1000, 2000, 5000, 15_000, 30_000];
const RESET = "reset";

let source = null;
let query = "";
// From where on this page does not know what happened: as it was drawn, then as it was heard.
let place = "";
let failures = 0;
let reopening = 0;
let resting = 0;
let isNeeded = () => false;
const told = new Map();
const waiting = new Set();

export function startLive() {
  place = document.querySelector("[data-live-place]")?.dataset.livePlace ?? "";
  collect();
  // Parts come and go with what is swapped in; one look serves all changes of a moment.
  let looking = 0;
  document.body.addEventListener("htmx:afterSettle", () => {
    cancelAnimationFrame(looking);
    looking = requestAnimationFrame(() => {
      collect();
      askForLost();
    });
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    for (const one of told.values()) if (one.part === event.detail.elt) one.part = null;
  });
  // Counts leave out what is told about the person whom somebody looks at.
  document.body.addEventListener("htmx:configRequest", (event) => {
    const looking = event.detail.elt.matches("[data-live-counts]") && !document.hidden && document.querySelector("[data-looking]");
    if (looking) event.detail.parameters.looking = looking.dataset.looking;
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && wake());
}

// `needed()` says whether the stream is wanted although nobody looks at this tab.
export function keepWhile(needed) {
  isNeeded = needed;
  if (needed() && !source) open();
}

function collect() {
  const wanted = new Set();
  for (const part of document.querySelectorAll("[sse-connect]")) {
    for (const [name, value] of new URL(part.getAttribute("sse-connect"), location.href).searchParams) wanted.add(`${name}=${encodeURIComponent(value)}`);
  }
  const next = [...wanted].sort().join("&");
  if (next === query) return;
  query = next;
  close();
  if (!document.hidden || isNeeded()) open();
}

function open() {
  clearTimeout(reopening);
  if (!query || source) return;
  const address = new URL(document.querySelector("[sse-connect]").getAttribute("sse-connect"), location.href).pathname;
  // A process that heard nothing yet cannot name the place; the page was drawn a while ago, on a slow line longer.
  const where = place ? `after=${place}` : `drawn=${Math.ceil(performance.now() / 1000)}`;
  source = new EventSource(`${address}?${query}&${where}`);
  source.addEventListener("open", () => {
    failures = 0;
    document.body.dataset.live = "on";
  });
  source.addEventListener("error", again);
  for (const name of names()) source.addEventListener(name, hear);
  source.addEventListener(RESET, hear);
}

// A part that waited for its moment to ask was swapped for an older answer: the one in its place asks.
function askForLost() {
  for (const one of told.values()) {
    if (!one.part || one.part.isConnected) continue;
    one.part = null;
    one.again();
  }
}

function names() {
  return [...new URLSearchParams(query)].map(([, value]) => value);
}

// An end after some seconds is usual, and the browser comes back by itself. A refusal is for good: asked again, ever more rarely.
function again() {
  if (source?.readyState !== EventSource.CLOSED) return;
  close();
  const wait = WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)];
  reopening = setTimeout(open, wait * (0.5 + Math.random()));
}

function close() {
  clearTimeout(reopening);
  source?.close();
  source = null;
  delete document.body.dataset.live;
}

function rest() {
  clearTimeout(resting);
  resting = setTimeout(() => document.hidden && !isNeeded() && close(), HIDDEN_MS);
}

function wake() {
  clearTimeout(resting);
  open();
  for (const name of waiting) ask(name);
  waiting.clear();
}

function hear(event) {
  place = event.lastEventId || place;
  if (event.type === RESET) return askAll();
  if (event.data.startsWith("{")) document.dispatchEvent(new CustomEvent("live:fact", { detail: { kind: event.type, ...JSON.parse(event.data) } }));
  ask(event.type);
}

// All parts of the page look again.
export function askAll() {
  names().forEach(ask);
}

// The parts that listen to this look again.
export function ask(name) {
  if (document.hidden) return waiting.add(name);
  for (const part of document.querySelectorAll("[hx-trigger]")) {
    if (listens(part, name)) atPace(part, name);
  }
}

function listens(part, name) {
  return part.getAttribute("hx-trigger").split(/[\s,]+/).includes(`sse:${name}`);
}

// At once, then at most so often: parts wait for a moment of silence before they ask, and while a campaign sends there is none.
// A part that was swapped for its next version goes on where that was.
function atPace(part, name) {
  const key = `${name} ${part.id} ${part.getAttribute("hx-get")}`;
  const one = told.get(key) ?? { at: -Infinity, timer: 0, part: null, again: null };
  told.set(key, one);
  if (one.timer) return;
  const pace = Number(part.dataset.livePace ?? 0) * 1000 || PACE_MS;
  const tell = () => {
    one.timer = 0;
    one.at = performance.now();
    for (const now of document.querySelectorAll("[hx-trigger]")) {
      if (!listens(now, name) || key !== `${name} ${now.id} ${now.getAttribute("hx-get")}`) continue;
      one.part = now;
      window.htmx.trigger(now, `sse:${name}`);
    }
  };
  one.again = tell;
  const rests = one.at + pace - performance.now();
  if (rests <= 0) tell();
  else one.timer = setTimeout(tell, rests);
}
