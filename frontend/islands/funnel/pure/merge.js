// Two people changed the same funnel: what both want, from what it was (base), what I have (mine) and what is stored now
// (theirs). Only where the same thing was changed by both in different ways somebody is asked; until then mine stands.
import { wayId } from "./graph.js";

const FIELDS = ["name", "config", "content_id"];

export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

const isChanged = (from, to) => FIELDS.some((field) => !same(from[field], to[field]));

// { graph, conflicts }. A conflict has a key, and `mine` and `theirs` (null: taken out). choices: key -> "mine" | "theirs".
export function merge(base, mine, theirs, choices = {}) {
  const conflicts = [];
  const choose = (conflict) => {
    if (!choices[conflict.key]) conflicts.push(conflict);
    return conflict[choices[conflict.key] ?? conflict.otherwise ?? "mine"];
  };
  const nodes = mergeSteps(byId(base), byId(mine), byId(theirs), orderOf(mine, theirs), choose);
  const here = new Set(nodes.map((node) => node.id));
  const edges = mergeWays(base, mine, theirs, choose).filter((way) => here.has(way.source) && here.has(way.target));
  const start = value(base.start, mine.start, theirs.start, (a, b) => choose({ key: "start", what: "start", mine: a, theirs: b }));
  return { graph: { nodes, edges, start: here.has(start) ? start : (nodes.find((node) => node.id === theirs.start)?.id ?? null) }, conflicts };
}

const byId = (graph) => new Map(graph.nodes.map((node) => [node.id, node]));

// Mine, with each new step of theirs behind the one that it stands behind there.
function orderOf(mine, theirs) {
  const order = mine.nodes.map((node) => node.id);
  theirs.nodes.forEach((node, at) => {
    if (order.includes(node.id)) return;
    const before = theirs.nodes.slice(0, at).map((one) => one.id).findLast((id) => order.includes(id));
    order.splice(before ? order.indexOf(before) + 1 : 0, 0, node.id);
  });
  return order;
}

function mergeSteps(base, mine, theirs, order, choose) {
  return order.map((id) => mergeStep(id, base.get(id), mine.get(id), theirs.get(id), choose)).filter(Boolean);
}

function mergeStep(id, was, a, b, choose) {
  if (!was) return a && b ? { ...b, ...places(a) } : (a ?? b);
  if (!a && !b) return null;
  if (!a) return isChanged(was, b) ? choose({ key: id, what: "taken out", step: b, mine: null, theirs: b, otherwise: "theirs" }) : null;
  if (!b) return isChanged(was, a) ? choose({ key: id, what: "taken out", step: a, mine: a, theirs: null }) : null;
  const fields = FIELDS.map((field) => [
    field,
    value(was[field], a[field], b[field], (x, y) => choose({ key: `${id}.${field}`, what: field, step: a, other: b, mine: x, theirs: y })),
  ]);
  const merged = Object.fromEntries(fields);
  // What the server says of settings (words, ways out) goes with the settings.
  const told = same(merged.config, b.config) && same(merged.content_id, b.content_id) ? b : a;
  return { ...told, ...merged, key: b.key, ...(same(places(was), places(a)) ? places(b) : places(a)) };
}

const places = ({ x, y }) => ({ x, y });

function value(was, a, b, ask) {
  if (same(a, b) || same(was, b)) return a;
  if (same(was, a)) return b;
  return ask(a, b);
}

function mergeWays(base, mine, theirs, choose) {
  const [was, a, b] = [base, mine, theirs].map((graph) => new Map(graph.edges.map((way) => [wayId(way), way])));
  const merged = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const ask = (x, y) => choose({ key, what: "way", way: a.get(key) ?? b.get(key), mine: x, theirs: y });
    const target = value(was.get(key)?.target ?? null, a.get(key)?.target ?? null, b.get(key)?.target ?? null, ask);
    if (target) merged.push({ ...(a.get(key) ?? b.get(key)), target });
  }
  return merged;
}
