// What can be undone. Entries are whole graphs (their steps are shared, so they cost little) with what was done to them.
import { merge } from "./merge.js";

const MOST = 100;

export const begun = () => ({ past: [], future: [] });

export function done(history, before, label) {
  return { past: [...history.past, { graph: before, label }].slice(-MOST), future: [] };
}

// { history, graph, label } or null where there is nothing to undo.
export function undone(history, now) {
  const last = history.past.at(-1);
  if (!last) return null;
  return { graph: last.graph, label: last.label, history: { past: history.past.slice(0, -1), future: [...history.future, { graph: now, label: last.label }] } };
}

export function redone(history, now) {
  const next = history.future.at(-1);
  if (!next) return null;
  return { graph: next.graph, label: next.label, history: { past: [...history.past, { graph: now, label: next.label }], future: history.future.slice(0, -1) } };
}

// Somebody else's changes go into every entry: undoing mine never undoes theirs.
export function rebased(history, base, theirs) {
  const onto = (entry) => ({ ...entry, graph: merge(base, entry.graph, theirs).graph });
  return { past: history.past.map(onto), future: history.future.map(onto) };
}
