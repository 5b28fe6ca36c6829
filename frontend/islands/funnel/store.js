// The builder's state and everything that can be done to it. Components read with `useStore` and call its verbs.
import { useSyncExternalStore } from "react";
import { announce, uuid } from "./around.js";
import * as clipboard from "./pure/clipboard.js";
import * as graphs from "./pure/graph.js";
import { begun, done, rebased, redone, undone } from "./pure/history.js";
import { arranged, placedWhole } from "./pure/layout.js";
import { merge, same } from "./pure/merge.js";
import { Saver } from "./pure/saving.js";
import { ask } from "./server.js";

const NOTHING = { start: null, nodes: [], edges: [] };

export class Store {
  constructor(place) {
    this.place = place;
    this.listeners = new Set();
    this.form = null;
    this.state = {
      isReady: false, failure: "", graph: NOTHING, base: NOTHING, revision: 0, kinds: [], problems: [], entryWords: "",
      mayChangeSteps: false, mayChangeWords: false, history: begun(), selected: [], active: null, panel: null, counts: null,
      connecting: null, dialog: null, pane: null, saving: { what: "saved", at: null }, conflicts: [], choices: {}, theirs: null, changes: 0,
    };
    this.saver = new Saver({ send: () => this.send(), tell: (saving) => this.set({ saving }) });
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(changes) {
    this.state = { ...this.state, ...changes };
    for (const listener of this.listeners) listener();
  }

  // --- from the server

  async load() {
    const [told, kinds] = await Promise.all([ask(this.place.graphHref), ask(this.place.kindsHref)]);
    const failed = [told, kinds].find((answer) => !answer.ok);
    if (failed) return this.set({ failure: `The funnel cannot be shown: ${failed.problem}.` });
    this.set({ isReady: true, kinds: kinds.body.kinds });
    return this.adopt(told.body);
  }

  // What the server says of the funnel beside its steps and ways.
  about(told) {
    return {
      base: graphs.fromServer(told), revision: told.revision, problems: told.problems, entryWords: told.entry_words,
      mayChangeSteps: told.may_change_steps, mayChangeWords: told.may_change_words,
    };
  }

  adopt(told) {
    const graph = placedWhole(graphs.fromServer(told));
    this.set({ ...this.about(told), graph, active: graph.start ?? graph.nodes[0]?.id ?? null });
  }

  // The server has what was sent; what changed meanwhile is mine on top of it.
  adoptSaved(sent, told) {
    const stored = graphs.fromServer(told);
    this.set({ ...this.about(told), graph: this.settled(merge(sent, this.state.graph, stored).graph) });
  }

  // Somebody else saved. Mine and theirs are put together; where that cannot be, the person is asked.
  adoptTheirs(told, choices = {}) {
    const theirs = graphs.fromServer(told);
    const { graph, conflicts } = merge(this.state.base, this.state.graph, theirs, choices);
    if (conflicts.length) {
      this.set({ conflicts, theirs: told, choices });
      return false;
    }
    let history = rebased(this.state.history, this.state.base, theirs);
    if (Object.keys(choices).length) {
      const others = Object.fromEntries(Object.entries(choices).map(([key, whose]) => [key, whose === "mine" ? "theirs" : "mine"]));
      history = done(history, placedWhole(merge(this.state.base, this.state.graph, theirs, others).graph), "Choice between two changes.");
    }
    this.set({ ...this.about(told), graph: this.settled(graph), history, conflicts: [], theirs: null, choices: {} });
    return true;
  }

  // My own form was saved: its change can be undone like any other.
  adoptMine(told, label) {
    const stored = graphs.fromServer(told);
    const graph = this.settled(merge(this.state.base, this.state.graph, stored).graph);
    const isSame = same(graphs.asSent(graph, 0), graphs.asSent(this.state.graph, 0));
    const history = isSame ? this.state.history : done(this.state.history, this.state.graph, label);
    this.set({ ...this.about(told), graph, history });
  }

  settled(graph) {
    const whole = placedWhole(graph);
    const here = new Set(whole.nodes.map((node) => node.id));
    const selected = this.state.selected.filter((id) => here.has(id) || id.includes("/"));
    const active = here.has(this.state.active) ? this.state.active : (whole.start ?? whole.nodes[0]?.id ?? null);
    this.state = { ...this.state, selected, active, panel: here.has(this.state.panel) ? this.state.panel : null };
    return whole;
  }

  // --- to the server

  async send() {
    const sent = this.state.graph;
    const answer = await ask(this.place.graphHref, { method: "PUT", json: graphs.asSent(sent, this.state.revision) });
    if (answer.ok) {
      this.adoptSaved(sent, answer.body);
      return { isSaved: true };
    }
    if (answer.status === 409 && answer.body.current?.may_change_steps) return this.meet(answer.body.current);
    if (answer.status === 409) {
      this.set({ mayChangeSteps: false, mayChangeWords: answer.body.current?.may_change_words ?? false });
      return { problem: answer.problem, isFinal: true };
    }
    return { problem: answer.problem, isFinal: answer.isFinal };
  }

  meet(current) {
    const isWhole = this.adoptTheirs(current);
    announce(isWhole ? "Somebody else changed this funnel too. Both changes are kept." : "Somebody else changed the same step. Choose which change stays.");
    return isWhole ? { isMerged: true } : { isAsked: true };
  }

  choose(choices) {
    if (this.adoptTheirs(this.state.theirs, choices)) this.saver.answered();
  }

  // Whatever waits, also in the form of the chosen step.
  saveNow() {
    this.form?.again();
    return this.saver.flush();
  }

  get isUnsaved() {
    return Boolean(this.form?.isDirty) || ["saving", "waiting", "failed", "asking"].includes(this.state.saving.what);
  }

  async refresh() {
    const answer = await ask(this.place.graphHref);
    return answer.ok ? answer.body : null;
  }

  // --- changes, each of which can be undone

  change(graph, label, more = {}) {
    if (!this.state.mayChangeSteps || graph === this.state.graph) return;
    this.set({ graph, history: done(this.state.history, this.state.graph, label), changes: this.state.changes + 1, ...more });
    this.saver.touch();
    announce(label);
  }

  // Put in by mouse, its form asks for what it lacks at once (panel.jsx); by keyboard the picture keeps the focus.
  add(kind, place, at = null, isByHand = false) {
    const { graph } = this.state;
    if (!this.state.mayChangeSteps) return null;
    if (graph.nodes.length >= graphs.MOST_STEPS) {
      announce(`A funnel has at most ${graphs.MOST_STEPS} steps.`);
      return null;
    }
    const step = graphs.newStep(kind, graph, uuid(), at ?? {});
    this.change(graphs.addStep(graph, step, place ?? graphs.likelyPlace(graph, this.state.active)), `${step.name} added.`, { ...this.open(step.id), toFill: isByHand ? step.id : null });
    return step.id;
  }

  open(id) {
    return { selected: id ? [id] : [], active: id ?? this.state.active, panel: id, pane: id ? "panel" : null };
  }

  remove(ids = this.state.selected) {
    const { graph } = this.state;
    const [ways, steps] = [ids.filter((id) => id.includes("/")), ids.filter((id) => graphs.stepOf(graph, id))];
    if (!ways.length && !steps.length) return;
    const next = steps.length === 1 ? (graphs.waysOut(graph, steps[0])[0]?.target ?? graphs.waysInto(graph, steps[0])[0]?.source) : null;
    const changed = graphs.removeSteps(graphs.disconnect(graph, ways), steps);
    const name = steps.length === 1 ? graphs.stepOf(graph, steps[0]).name : `${steps.length} steps`;
    const active = changed.nodes.some((node) => node.id === next) ? next : (changed.start ?? changed.nodes[0]?.id ?? null);
    const label = steps.length ? `${name} deleted.` : "Way deleted.";
    this.change({ ...changed, start: graphs.stepOf(changed, changed.start) ? changed.start : null }, label, { selected: [], active, panel: null, pane: null });
  }

  connect(source, branch, target) {
    const { graph } = this.state;
    const to = graphs.stepOf(graph, target);
    if (!to) return;
    if (source === null) this.change(graphs.startAt(graph, target), `People begin at ${to.name}.`);
    else this.change(graphs.connect(graph, source, branch, target), `${graphs.stepOf(graph, source).name} leads to ${to.name}.`);
  }

  rename(id, name) {
    const step = graphs.stepOf(this.state.graph, id);
    const clean = name.trim().replace(/\s+/gu, " ").slice(0, graphs.LONGEST_NAME);
    if (clean && clean !== step.name) this.change(graphs.changeStep(this.state.graph, id, { name: clean }), `Renamed to ${clean}.`);
  }

  move(places, label = "Moved.") {
    this.change(graphs.moveSteps(this.state.graph, places), label);
  }

  tidy() {
    this.move(arranged(this.state.graph), "Steps arranged.");
  }

  copy(ids = this.state.selected) {
    const text = clipboard.copied(this.state.graph, ids);
    if (text) {
      localStorage.setItem("funnel-steps", text);
      announce(ids.length === 1 ? "1 step copied." : `${ids.length} steps copied.`);
    }
    return text;
  }

  paste(text = localStorage.getItem("funnel-steps"), at = null) {
    const told = clipboard.read(text ?? "");
    if (!told || !this.state.mayChangeSteps) return false;
    const { graph, ids, left } = clipboard.pasted(this.state.graph, told, this.state.kinds, uuid, at);
    const said = ids.length === 1 ? "1 step pasted." : `${ids.length} steps pasted.`;
    this.change(graph, left ? `${said} ${left} left out.` : said, { selected: ids, active: ids[0] ?? this.state.active, panel: null });
    return true;
  }

  undo() {
    this.step(undone(this.state.history, this.state.graph), "Undone");
  }

  redo() {
    this.step(redone(this.state.history, this.state.graph), "Done again");
  }

  step(found, words) {
    if (!found || !this.state.mayChangeSteps) return announce(`Nothing to ${words === "Undone" ? "undo" : "do again"}.`);
    this.set({ history: found.history, changes: this.state.changes + 1, graph: this.settled(found.graph) });
    this.saver.touch();
    return announce(`${words}: ${found.label}`);
  }
}

// Re-renders when what `read` takes out of the state is another thing.
export function useStore(store, read) {
  return useSyncExternalStore(store.subscribe, () => read(store.state));
}
