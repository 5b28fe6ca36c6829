// A document of blocks and what can be done to it. Pure: every change gives a new document and shares what stayed.
export const SPLITS = { "1-1": 2, "1-2": 2, "2-1": 2, "1-1-1": 3 };
export const NAMES = { text: "Text", image: "Picture", button: "Button", columns: "Columns", divider: "Divider", signature: "Signature", html: "HTML" };
// Rows of columns hold no rows.
export const INSIDE = ["text", "image", "button", "divider", "signature", "html"];

const FRESH = {
  text: () => ({ doc: { type: "doc", content: [] }, align: "left" }),
  image: () => ({ media_id: null, alt: "", is_decorative: false, width: 100, align: "center", href: "" }),
  button: () => ({ label: "", href: "", align: "left" }),
  columns: () => ({ split: "1-1", columns: [[created("text")], [created("text")]] }),
  divider: () => ({ look: "line" }),
  signature: () => ({}),
  html: () => ({ html: "" }),
};

export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function created(type) {
  return { id: newId(), type, ...FRESH[type]() };
}

// Where a block stands: { row, column, index }; row is null at the top. Undefined where there is none.
export function placeOf(document, id) {
  const index = document.blocks.findIndex((block) => block.id === id);
  if (index >= 0) return { row: null, column: 0, index };
  for (const block of document.blocks) {
    for (const [column, inside] of (block.columns ?? []).entries()) {
      const at = inside.findIndex((one) => one.id === id);
      if (at >= 0) return { row: block.id, column, index: at };
    }
  }
  return undefined;
}

export function blockOf(document, id) {
  const place = placeOf(document, id);
  return place && listAt(document, place)[place.index];
}

export function listAt(document, { row, column }) {
  return row === null ? document.blocks : (document.blocks.find((block) => block.id === row)?.columns[column] ?? []);
}

export function inserted(document, block, place) {
  if (block.type === "columns" && place.row !== null) return document;
  return withList(document, place, (list) => list.toSpliced(place.index, 0, block));
}

export function removed(document, id) {
  const place = placeOf(document, id);
  return place ? withList(document, place, (list) => list.toSpliced(place.index, 1)) : document;
}

export function updated(document, id, change) {
  const place = placeOf(document, id);
  if (!place) return document;
  return withList(document, place, (list) => list.with(place.index, { ...list[place.index], ...change }));
}

// One place up (-1) or down (1) among its neighbours.
export function shifted(document, id, by) {
  const place = placeOf(document, id);
  const to = place ? place.index + by : -1;
  if (!place || to < 0 || to >= listAt(document, place).length) return document;
  return movedTo(document, id, { ...place, index: to });
}

// `place.index` counts without the block that is moved.
export function movedTo(document, id, place) {
  const block = blockOf(document, id);
  if (!block || block.id === place.row || (block.type === "columns" && place.row !== null)) return document;
  return inserted(removed(document, id), block, place);
}

export function duplicated(document, id) {
  const place = placeOf(document, id);
  if (!place) return { document, copy: null };
  const copy = renamed(listAt(document, place)[place.index]);
  return { document: inserted(document, copy, { ...place, index: place.index + 1 }), copy };
}

// Fewer columns lose nothing: what stood in those that go stands in the last that stays.
export function resplit(document, id, split) {
  const { columns } = blockOf(document, id);
  const many = SPLITS[split];
  const kept = columns.slice(0, many);
  while (kept.length < many) kept.push([]);
  const last = [...kept.at(-1), ...columns.slice(many).flat()];
  return updated(document, id, { split, columns: kept.with(-1, last) });
}

function renamed(block) {
  const copy = { ...structuredClone(block), id: newId() };
  if (copy.columns) copy.columns = copy.columns.map((inside) => inside.map(renamed));
  return copy;
}

function withList(document, { row, column }, change) {
  if (row === null) return { ...document, blocks: change(document.blocks) };
  const blocks = document.blocks.map((block) =>
    block.id === row ? { ...block, columns: block.columns.with(column, change(block.columns[column])) } : block,
  );
  return { ...document, blocks };
}
