// The server's own form of one step, which saves itself. Plain DOM: the form is HTML as the server writes it.
import { ask } from "./server.js";
import { stepOf } from "./pure/graph.js";
import { same } from "./pure/merge.js";

const SOON = 600;
const WORDS = 2_500; // each saving of words is a version of them: a pause in writing, not a letter

export class PanelForm {
  constructor(store, id, place, tell) {
    Object.assign(this, { store, id, place, tell, isDirty: false, isBusy: false, isContested: false, timer: null, isGone: false });
    this.url = `${store.place.stepsHref}${id}/panel`;
    for (const name of ["input", "change"]) place.addEventListener(name, this.typed);
    place.addEventListener("focusout", this.left);
    place.addEventListener("submit", this.submitted);
  }

  async load() {
    // A step that was put in a moment ago is there once it is saved.
    await this.store.saver.flush();
    if (this.isGone) return;
    const answer = await ask(this.url, { form: null });
    if (this.isGone) return;
    if (!answer.ok) {
      this.tell({ problem: `The step's form cannot be shown: ${answer.problem}.` });
      return;
    }
    this.show(answer.body);
    this.tell({ isShown: true });
  }

  show(html) {
    const focused = this.place.contains(document.activeElement) ? document.activeElement.id : null;
    this.isBusy = true; // a field that goes says that it has changed
    this.place.innerHTML = html;
    this.isBusy = false;
    window.htmx?.process(this.place);
    document.dispatchEvent(new CustomEvent("form:shown"));
    this.known = this.stored();
    if (focused) document.getElementById(focused)?.focus();
  }

  stored() {
    const step = stepOf(this.store.state.graph, this.id);
    return step && { name: step.name, config: step.config, content_id: step.content_id };
  }

  // The step changed elsewhere (undone, renamed, somebody else): the form shows it, unless something is typed in it.
  follow() {
    const now = this.stored();
    if (!now || !this.known || this.isDirty || this.isBusy || this.isContested || same(now, this.known)) return;
    this.known = now;
    this.load();
  }

  get form() {
    return this.place.querySelector("[data-panel-form]");
  }

  typed = (event) => {
    if (this.isBusy && !event.target.isConnected) return;
    if (event.target.form !== this.form || !event.target.name || event.target.name === "preview_as") return;
    this.isDirty = true;
    const isWords = event.type === "input" && event.target.matches("textarea, [type=text]:not([id^=set-]), input:not([type]):not([id^=set-])");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), isWords ? WORDS : SOON);
  };

  left = (event) => {
    if (this.isDirty && !this.place.contains(event.relatedTarget)) this.save();
  };

  submitted = (event) => {
    if (event.target !== this.form || event.submitter?.formAction?.includes("/preview")) return;
    event.preventDefault();
    this.save();
  };

  close() {
    this.isGone = true;
    clearTimeout(this.timer);
    const saved = this.isDirty ? this.save() : Promise.resolve();
    for (const name of ["input", "change"]) this.place.removeEventListener(name, this.typed);
    this.place.removeEventListener("focusout", this.left);
    this.place.removeEventListener("submit", this.submitted);
    return saved;
  }

  async save() {
    clearTimeout(this.timer);
    if (!this.isDirty || !this.form) return;
    this.isDirty = false;
    const typed = new FormData(this.form);
    const isNew = [...typed.values()].some((value) => value instanceof File && value.size) || typed.get("library");
    await this.store.saver.flush();
    this.isBusy = true;
    try {
      await this.store.saver.alone(() => this.post(typed, isNew, 1));
    } finally {
      this.isBusy = false;
    }
  }

  async post(typed, isNew, tries) {
    const { store } = this;
    if (!stepOf(store.state.graph, this.id)) return;
    typed.set("revision", store.state.revision);
    store.set({ saving: { what: "saving" } });
    this.isFailed = false;
    const before = this.storedInBase();
    const answer = await ask(this.url, { method: "POST", form: typed });
    if (answer.ok) {
      await this.saved(answer, isNew);
    } else if (answer.status === 409 && tries > 0 && (await this.isOnlyElsewhere(before))) {
      await this.post(typed, isNew, tries - 1);
    } else if (answer.status === 422 || answer.status === 409) {
      if (!this.isGone) this.swap(answer.body);
      this.isContested = answer.status === 409;
      this.isFailed = answer.status === 422;
      const problem = answer.status === 422 ? "something in the step's form needs a look" : "somebody else changed this step";
      store.set({ saving: { what: "failed", problem } });
      this.tell({ isShown: true, isContested: answer.status === 409 });
    } else {
      this.isDirty = true;
      store.set({ saving: { what: "failed", problem: answer.problem } });
      if (!answer.isFinal) this.timer = setTimeout(() => this.save(), 5_000);
    }
  }

  storedInBase() {
    const step = stepOf(this.store.state.base, this.id);
    return step && { name: step.name, config: step.config, content_id: step.content_id };
  }

  // Somebody changed the funnel, but not this step: theirs is taken in, and mine goes on top.
  async isOnlyElsewhere(before) {
    const told = await this.store.refresh();
    if (!told) return false;
    const step = told.nodes.find((node) => node.id === this.id);
    this.store.adoptTheirs(told);
    return Boolean(step) && same({ name: step.name, config: step.config, content_id: step.content_id }, before);
  }

  async saved(answer, isNew) {
    const { store } = this;
    const told = await store.refresh();
    if (told) {
      if (told.revision === answer.revision) store.adoptMine(told, `${told.nodes.find((node) => node.id === this.id)?.name ?? "Step"} changed.`);
      else store.adoptTheirs(told);
    }
    store.set({ saving: { what: "saved", at: Date.now() } });
    this.isContested = false;
    if (this.isGone) return;
    this.known = this.stored();
    if (isNew && !this.isDirty) this.show(answer.body);
    else this.swap(answer.body);
    this.tell({ isShown: true, isContested: false });
  }

  // What is typed, once more.
  again() {
    if (this.isDirty || this.isFailed) {
      this.isDirty = true;
      this.save();
    }
  }

  // Mine again, on top of what the other one saved.
  keepMine() {
    this.isDirty = true;
    return this.save();
  }

  takeTheirs() {
    this.isDirty = false;
    this.isContested = false;
    this.tell({ isShown: true, isContested: false });
    this.store.set({ saving: { what: "saved", at: Date.now() } });
    return this.load();
  }

  // What the server says of the form, without touching what somebody types.
  swap(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      this.place.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceChildren(...part.childNodes);
    }
    for (const old of this.place.querySelectorAll(".field-error")) old.remove();
    for (const field of this.place.querySelectorAll(".field-bad")) field.classList.remove("field-bad");
    for (const error of fresh.querySelectorAll(".field-error[id$=-error]")) {
      const field = document.getElementById(error.id.replace(/-error$/u, ""))?.closest(".field");
      field?.classList.add("field-bad");
      field?.append(error);
    }
  }
}
