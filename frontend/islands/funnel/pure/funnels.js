// Small funnels for the tests.
const BRANCHES = { mail: ["next"], wait: ["next"], ask: ["yes", "no"], end: [] };

export function step(id, kind = "wait", more = {}) {
  const branches = BRANCHES[kind].map((name) => ({ name, label: name, is_required: true }));
  if (kind === "mail") branches.push({ name: "failed", label: "not sent", is_required: false });
  return { id, key: id, kind, name: id, config: {}, x: 0, y: 0, content_id: null, words: "", icon: "", tone: "", branches, ...more };
}

// "a:mail > b:wait, b > c:end, q.no > c": steps are made where they are named first, 104 below each other.
export function funnel(text) {
  const graph = { start: null, nodes: [], edges: [] };
  const named = (word) => {
    const [id, kind] = word.trim().split(":");
    if (!graph.nodes.some((node) => node.id === id)) graph.nodes.push(step(id, kind ?? "wait", { y: graph.nodes.length * 104 }));
    return id;
  };
  for (const part of text.split(",")) {
    const [from, to] = part.split(">");
    const [word, branch] = from.trim().split(".");
    const [plain, kind] = word.split(":");
    const source = named(kind ? word : plain);
    if (to) graph.edges.push({ source, branch: branch ?? "next", target: named(to) });
  }
  graph.start = graph.nodes[0]?.id ?? null;
  return graph;
}

export const drawn = (graph) => graph.edges.map((way) => `${way.source}.${way.branch}>${way.target}`).toSorted().join(" ");
