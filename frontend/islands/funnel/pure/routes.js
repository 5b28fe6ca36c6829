// The lines between steps, in the canvas's pixels.
import { HEIGHT, required, WIDTH } from "./graph.js";

const RADIUS = 8;
const ASIDE = 28; // beside everything, for ways that lead back

// Where a branch leaves its step, from the step's left edge. Required ways share the lower edge; the others sit right.
export function exitOf(step, branch) {
  const main = required(step);
  const at = main.findIndex((one) => one.name === branch);
  if (at >= 0) return (WIDTH * (at + 1)) / (main.length + 1);
  const others = step.branches.filter((one) => !one.is_required);
  const number = others.findIndex((one) => one.name === branch);
  return WIDTH - 18 - 22 * Math.max(0, number < 0 ? others.length : number);
}

// The corners of a way from (x1, y1), the lower edge of a step, to (x2, y2), the upper edge of another.
export function corners(x1, y1, x2, y2, lane = null) {
  if (lane !== null) {
    return withoutRepeats([[x1, y1], [x1, y1 + 16], [lane, y1 + 16], [lane, y2 - 16], [x2, y2 - 16], [x2, y2]]);
  }
  if (Math.abs(x1 - x2) < 1) return [[x1, y1], [x2, y2]];
  const turn = Math.min(y1 + 20, (y1 + y2) / 2);
  return [[x1, y1], [x1, turn], [x2, turn], [x2, y2]];
}

// Where ways run that pass other steps or lead back: the nearest line up and down that crosses no step, an x by way.
// Ways without one go straight. Two that lead to different steps never lie on one another.
//   steps: [{ id, x, y }], ways: [{ id, source, target, exit }] (exit: where it leaves, from the step's left edge)
export function lanes(steps, ways) {
  const at = new Map(steps.map((step) => [step.id, step]));
  const taken = [];
  const found = new Map();
  for (const way of ways) {
    const [source, target] = [at.get(way.source), at.get(way.target)];
    const leadsBack = target.y < source.y + HEIGHT + 12;
    if (!leadsBack && target.y - source.y < 2.4 * HEIGHT) continue;
    const [from, to] = [source.x + way.exit, target.x + WIDTH / 2];
    const [top, bottom] = leadsBack ? [target.y - 8, source.y + HEIGHT + 8] : [source.y + HEIGHT + 8, target.y - 8];
    const between = steps.filter((step) => step.y < bottom && step.y + HEIGHT > top);
    const sides = between.flatMap((step) => [step.x - ASIDE / 2, step.x + WIDTH + ASIDE / 2]);
    const isClear = (x) => between.every((step) => x < step.x - 6 || x > step.x + WIDTH + 6);
    const isOwn = (x) => taken.every((other) => other.target === way.target || Math.abs(other.x - x) > 5 || other.bottom < top || other.top > bottom);
    const cost = (x) => Math.abs(x - from) + Math.abs(x - to) + (leadsBack && x < Math.max(from, to) ? WIDTH : 0);
    const wanted = [...(leadsBack ? [] : [to, from]), ...sides, ...sides.map((x) => x + 8), ...sides.map((x) => x - 8)];
    const x = wanted.filter((one) => isClear(one) && isOwn(one)).toSorted((a, b) => cost(a) - cost(b))[0] ?? Math.max(from, to) + WIDTH + ASIDE;
    taken.push({ x, top, bottom, target: way.target });
    if (leadsBack || x !== to) found.set(way.id, x);
  }
  return found;
}

const withoutRepeats = (points) => points.filter((point, at) => at === 0 || point[0] !== points[at - 1][0] || point[1] !== points[at - 1][1]);

// Lines with round corners.
export function path(points) {
  const parts = [`M${points[0][0]} ${points[0][1]}`];
  for (let at = 1; at < points.length - 1; at += 1) {
    const [before, here, after] = [points[at - 1], points[at], points[at + 1]];
    const bend = Math.min(RADIUS, length(before, here) / 2, length(here, after) / 2);
    const [from, to] = [toward(here, before, bend), toward(here, after, bend)];
    parts.push(`L${from[0]} ${from[1]}Q${here[0]} ${here[1]} ${to[0]} ${to[1]}`);
  }
  parts.push(`L${points.at(-1)[0]} ${points.at(-1)[1]}`);
  return parts.join("");
}

const length = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);

function toward(from, to, by) {
  const all = length(from, to) || 1;
  return [from[0] + ((to[0] - from[0]) * by) / all, from[1] + ((to[1] - from[1]) * by) / all];
}

// Where the label stands: in the middle of the last straight line, or of the first where several ways meet at the end.
export function labelSpot(points, meets) {
  const [a, b] = meets && points.length > 2 ? [points[0], points[1]] : [points.at(-2), points.at(-1)];
  const sideways = a[1] === b[1];
  if (points.length > 4) {
    const [x, y] = points.find((point, number) => number > 0 && point[0] === points[number + 1]?.[0] && number > 1) ?? points[2];
    return { x, y: y + 18 * Math.sign(points.at(-2)[1] - y) };
  }
  return { x: (a[0] + b[0]) / 2, y: sideways ? a[1] : (a[1] + b[1]) / 2 };
}

// Of ways with their corners, the one that passes nearest to the point, within a reach; or null.
export function nearest(ways, point, reach) {
  let best = null;
  for (const way of ways) {
    for (let at = 1; at < way.points.length; at += 1) {
      const distance = fromLine(point, way.points[at - 1], way.points[at]);
      if (distance <= (best?.distance ?? reach)) best = { ...way, distance };
    }
  }
  return best;
}

function fromLine(point, [x1, y1], [x2, y2]) {
  const x = Math.min(Math.max(point.x, Math.min(x1, x2)), Math.max(x1, x2));
  const y = Math.min(Math.max(point.y, Math.min(y1, y2)), Math.max(y1, y2));
  return Math.hypot(point.x - x, point.y - y);
}
