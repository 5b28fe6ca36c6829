// What is typed is kept by the server while it is typed. Nobody is sent it; the page says whether it is kept.
const [PAUSE, AGAIN] = [700, 5000];
const NOT_WORDS = new Set(["preview_as", "csrf_token", "unsaved_revision", "library"]);

export function startKeeping(form) {
  const state = form.querySelector("[data-kept]");
  let [timer, isDirty, sending] = [0, false, null];

  function say(text, tone = "") {
    if (state.textContent !== text) state.textContent = text;
    state.dataset.tone = tone;
  }

  function soon(after = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(keep, after);
  }

  async function keep(keepalive = false) {
    clearTimeout(timer);
    if (sending) return sending.then(() => (isDirty ? keep() : undefined));
    isDirty = false;
    say("Keeping what you type.");
    sending = post(form, keepalive);
    const answer = await sending;
    sending = null;
    if (answer.revision && !answer.sentence) {
      form.elements.unsaved_revision.value = answer.revision;
      // What is new has no address yet: reloading the page must find it.
      if (form.elements.place) history.replaceState(history.state, "", `?place=${form.elements.place.value}`);
      say(`Kept, not saved yet: ${answer.at}. Nobody is sent it before you save.`);
      form.dispatchEvent(new CustomEvent("words-kept", { bubbles: true }));
      if (isDirty) soon();
    } else {
      isDirty = true;
      await trouble(answer);
    }
  }

  async function trouble(answer) {
    if (!answer.revision) {
      say(answer.sentence ?? "No connection: not kept yet. It is tried again.", "bad");
      if (!answer.sentence) soon(AGAIN);
      return;
    }
    say(answer.sentence, "bad");
    state.append(
      choice("Keep mine", () => {
        form.elements.unsaved_revision.value = answer.revision;
        keep();
      }),
      choice("Show theirs", () => {
        isDirty = false;
        location.reload();
      }),
    );
  }

  form.addEventListener("input", (event) => {
    if (NOT_WORDS.has(event.target.name) || event.target.type === "file") return;
    isDirty = true;
    soon();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return;
    clearTimeout(timer);
    isDirty = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && isDirty && !sending) keep(true);
  });
}

function choice(label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary btn-sm";
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}

async function post(form, keepalive) {
  const words = new FormData(form);
  for (const [name, value] of [...words]) if (value instanceof File) words.delete(name);
  try {
    const answer = await fetch(form.dataset.keep, {
      method: "POST",
      body: new URLSearchParams(words),
      headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
      // Browsers take no more than 64 kB along when a page goes.
      keepalive: keepalive && new URLSearchParams(words).toString().length < 60_000,
    });
    if (answer.headers.get("content-type")?.includes("json")) return await answer.json();
    return { sentence: answer.status === 401 ? "You are signed out. Sign in again in another tab; what you typed is still here." : "The server could not keep this. What you typed is still here." };
  } catch {
    return {};
  }
}
