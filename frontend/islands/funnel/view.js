// The funnel as React Flow takes it. What did not change keeps its identity, so that only what changed is drawn anew.
import { branchesOf, HEIGHT, required, stepOf, wayId, wayLabel, WIDTH } from "./pure/graph.js";
import { same } from "./pure/merge.js";
import { exitOf, lanes } from "./pure/routes.js";
import { number } from "./around.js";

export const ENTRY = "start";
const DOT = 10;
const GAP = 46;

export function createView() {
  const nodes = new Map();
  const edges = new Map();
  return {
    nodes: (state, moving) => [...entry(state, moving, nodes), ...state.graph.nodes.map((step) => kept(nodes, step.id, stepNode(step, state, moving)))],
    edges: (state, moving, near) => {
      const found = lanesOf(state.graph, moving);
      return ways(state).map((way) => kept(edges, wayId(way), wayEdge(way, state, found, near)));
    },
  };
}

let lastLanes = { graph: null, moving: null, found: new Map() };

export function lanesOf(graph, moving) {
  if (lastLanes.graph === graph && lastLanes.moving === moving) return lastLanes.found;
  const steps = graph.nodes.map((step) => ({ id: step.id, ...(moving.get(step.id) ?? { x: step.x, y: step.y }) }));
  const here = new Map(graph.nodes.map((step) => [step.id, step]));
  const drawn = graph.edges.filter((way) => here.has(way.source) && here.has(way.target));
  const found = lanes(steps, drawn.map((way) => ({ id: wayId(way), source: way.source, target: way.target, exit: exitOf(here.get(way.source), way.branch) })));
  lastLanes = { graph, moving, found };
  return found;
}

function kept(cache, id, fresh) {
  const before = cache.get(id);
  if (before && same(before, fresh)) return before;
  cache.set(id, fresh);
  return fresh;
}

function stepNode(step, state, moving) {
  const { graph, counts, connecting } = state;
  const problems = state.problems.filter((problem) => problem.step_id === step.id);
  const branches = branchesOf(graph, step);
  const drawn = graph.edges.filter((way) => way.source === step.id);
  const main = required(step).length;
  const exits = branches.map((branch) => ({
    ...branch, x: exitOf(step, branch.name), isOpen: !drawn.some((way) => way.branch === branch.name), isOne: main === 1 && branch.is_required,
  }));
  return {
    id: step.id, type: "step", width: WIDTH, height: HEIGHT, position: moving.get(step.id) ?? { x: step.x, y: step.y },
    selected: state.selected.includes(step.id), draggable: state.mayChangeSteps, connectable: state.mayChangeSteps,
    handles: [dot("in", "target", "top", WIDTH / 2, 0), ...exits.map((exit) => dot(exit.name, "source", "bottom", exit.x, HEIGHT))],
    data: {
      name: step.name, words: step.words, icon: step.icon, tone: step.tone, kind: step.kind, isPanel: state.panel === step.id,
      severity: problems.length ? (problems.some((one) => one.severity === "error") ? "error" : "hint") : "",
      count: counts?.steps.get(step.id) ?? counts?.keys.get(step.key) ?? null, exits, mayChange: state.mayChangeSteps,
      isOffered: Boolean(connecting) && connecting.source !== step.id, label: label(step, graph, problems, drawn, counts),
      connecting: connecting?.source === step.id ? connecting.branch : null,
    },
  };
}

const dot = (id, type, position, x, y) => ({ id, type, position, x: x - DOT / 2, y: y - DOT / 2, width: DOT, height: DOT });

// Everything that the picture says of a step, for who does not see it.
function label(step, graph, problems, drawn, counts) {
  const count = counts?.steps.get(step.id) ?? counts?.keys.get(step.key);
  const onward = drawn.map((way) => `${wayLabel(step, way.branch) || "then"} ${stepOf(graph, way.target)?.name ?? ""}`);
  return [
    step.name, `${step.kind_label}: ${step.words}`, graph.start === step.id ? "people begin here" : "",
    count ? `${number(count.here)} here now, ${number(count.passed)} went on, ${number(count.dropped)} dropped out` : "",
    onward.join(", ") || (step.branches.length ? "leads nowhere yet" : ""), ...problems.map((problem) => problem.sentence),
  ].filter(Boolean).map((words) => words.replace(/\.$/u, "")).join(". ");
}

function entry(state, moving, cache) {
  const first = stepOf(state.graph, state.graph.start);
  if (!state.graph.nodes.length) return [];
  const at = first ? (moving.get(first.id) ?? first) : { x: Math.min(...state.graph.nodes.map((node) => node.x)), y: Math.min(...state.graph.nodes.map((node) => node.y)) };
  return [kept(cache, ENTRY, {
    id: ENTRY, type: "entry", width: WIDTH, height: HEIGHT, position: { x: at.x, y: at.y - HEIGHT - GAP }, draggable: false, selectable: false, connectable: state.mayChangeSteps,
    handles: [dot("", "source", "bottom", WIDTH / 2, HEIGHT)], data: { words: state.entryWords, outside: state.counts?.outside ?? 0, mayChange: state.mayChangeSteps },
  })];
}

function ways(state) {
  const here = new Set(state.graph.nodes.map((node) => node.id));
  const begin = here.has(state.graph.start) ? [{ source: ENTRY, branch: "", target: state.graph.start }] : [];
  return [...begin, ...state.graph.edges.filter((way) => here.has(way.source) && here.has(way.target))];
}

function wayEdge(way, state, found, near) {
  const { graph, counts } = state;
  const [source, target] = [stepOf(graph, way.source), stepOf(graph, way.target)];
  const id = wayId(way);
  // Ways that lead from one step to one other are said together, at the first of them: one on the other nobody could read them.
  const alike = source ? graph.edges.filter((other) => other.source === way.source && other.target === way.target) : [];
  const said = !source || alike[0] === way;
  const people = source ? alike.reduce((sum, one) => sum + taken(one, source, counts), 0) : (counts?.enrolled ?? 0);
  return {
    id, type: "way", source: way.source, sourceHandle: way.branch, target: way.target, targetHandle: "in",
    selected: state.selected.includes(id), selectable: Boolean(source), reconnectable: state.mayChangeSteps && source ? "target" : false,
    data: {
      label: source && said ? together(alike.map((one) => wayLabel(source, one.branch)).filter(Boolean)) : "", people: counts && said ? number(people) : "", mayChange: state.mayChangeSteps,
      lane: found.get(id) ?? null, isBack: Boolean(source) && target.y < source.y + HEIGHT, isNear: near === id, from: source?.name ?? "Start", to: target.name,
      meets: !said || (alike.length < 2 && graph.edges.filter((other) => other.target === way.target).length > 1 && source && required(source).length < 2),
      isLit: state.selected.includes(way.source) || state.selected.includes(way.target),
    },
  };
}

const taken = (way, source, counts) => counts?.ways.get(wayId(way)) ?? counts?.wayKeys.get(`${source.key}/${way.branch}`) ?? 0;

const together = (labels) => (labels.length > 2 ? `${labels[0]} and ${labels.length - 1} more` : labels.join(", "));
