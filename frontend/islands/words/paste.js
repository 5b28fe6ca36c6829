// What Word, Gmail and others put on the clipboard, made into what a text block holds. Pure: a string in, a string out.
// The server checks what is kept all the same; this is for looks, not for safety.
const GONE_WHOLE = /<(style|script|title|head|xml|noscript|svg|math|object|iframe)\b[\s\S]*?<\/\1\s*>/giu;
const COMMENTS = /<!--[\s\S]*?-->|<!\[[\s\S]*?\]>|<!doctype[^>]*>|<\?[\s\S]*?>/giu;
const TAG = /<(\/?)([a-z][\w:-]*)((?:\s+[^\s=>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?|\s*\/)*)\s*>/giu;
const KEPT = new Set(["p", "br", "a", "b", "strong", "i", "em", "u", "s", "h1", "h2", "h3", "ul", "ol", "li"]);
const AS = { del: "s", strike: "s", ins: "u", h4: "h3", h5: "h3", h6: "h3", div: "p", blockquote: "p", pre: "p", tr: "p", section: "p", article: "p", dt: "p", dd: "p" };
const TRACKING = /^(utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|igshid|vero_id|oly_\w+|ved|usg|wt_mc)$/iu;
const WRAPPERS = [
  [/^https?:\/\/(?:www\.)?google\.[\w.]+\/url$/iu, ["q", "url"]],
  [/^https?:\/\/[\w.-]+\.safelinks\.protection\.outlook\.com\/?$/iu, ["url"]],
  [/^https?:\/\/(?:l|lm)\.facebook\.com\/l\.php$/iu, ["u"]],
];

export function cleanPasted(html) {
  const bare = listsOfWord(html.replace(COMMENTS, "").replace(GONE_WHOLE, ""));
  const kept = elements(bare);
  return kept
    .replace(/\u00a0|&nbsp;/gu, " ")
    .replace(/<p>(?:\s|<br>)*<\/p>/gu, "")
    .trim();
}

// Where a link really leads: unwrapped from those who count clicks, without what follows readers around.
export function cleanLink(href) {
  const address = href.replaceAll("&amp;", "&").trim();
  if (/^(mailto:|tel:|sms:)/iu.test(address) || address.startsWith("{{")) return address;
  if (!/^https?:\/\//iu.test(address)) return "";
  const [place, query = ""] = split(address, "?");
  const parts = new URLSearchParams(split(query, "#")[0]);
  for (const [wrapper, names] of WRAPPERS) {
    const inner = wrapper.test(place) && names.map((name) => parts.get(name)).find((one) => /^https?:/iu.test(one ?? ""));
    if (inner) return cleanLink(inner);
  }
  return withoutTracking(address);
}

function withoutTracking(address) {
  const [before, hash = ""] = split(address, "#");
  const [place, query = ""] = split(before, "?");
  const kept = query.split("&").filter((pair) => pair && !TRACKING.test(pair.split("=")[0]));
  return place + (kept.length ? `?${kept.join("&")}` : "") + (hash ? `#${hash}` : "");
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

// Word writes lists as paragraphs with a bullet typed before them.
function listsOfWord(html) {
  const item = /<p\b([^>]*\bmso-list\s*:\s*[^>]*|[^>]*\bclass=["']?MsoListParagraph[^>]*)>([\s\S]*?)<\/p>/giu;
  const marked = html.replace(item, (_, attributes, inside) => {
    const mark = /<span\b[^>]*mso-list\s*:\s*Ignore[^>]*>([\s\S]*?)<\/span>\s*(?:<\/span>)?/iu;
    const sign = (inside.match(mark)?.[1] ?? inside).replace(/<[^>]*>|&nbsp;/gu, " ").trim();
    const kind = /^\(?(?:\d+|[a-z]|[ivx]+)[.)]/iu.test(sign) ? "ol" : "ul";
    const words = inside.replace(mark, "").replace(/^(?:\s|&nbsp;|<[^>]*>)*[·•§o\-–](?:\s|&nbsp;)+/u, "");
    return `<lm-${kind}>${words}</lm-${kind}>`;
  });
  return marked.replace(/(?:<lm-(ul|ol)>[\s\S]*?<\/lm-\1>\s*)+/gu, (run) => {
    const kind = run.startsWith("<lm-ol>") ? "ol" : "ul";
    return `<${kind}>${run.replace(/<lm-(?:ul|ol)>/gu, "<li>").replace(/<\/lm-(?:ul|ol)>/gu, "</li>")}</${kind}>`;
  });
}

// Keeps the elements of the list, without attributes but a link's address; looks that spans carry become elements.
function elements(html) {
  const open = [];
  let out = "";
  let at = 0;
  for (const found of html.matchAll(TAG)) {
    out += html.slice(at, found.index);
    at = found.index + found[0].length;
    const [, closing, raw, attributes] = found;
    const name = AS[raw.toLowerCase()] ?? raw.toLowerCase();
    if (name === "br" || name === "hr") out += closing ? "" : "<br>";
    else if (closing) out += closed(open, name);
    else if (!/\/\s*$/u.test(attributes) && name !== "img" && name !== "meta" && name !== "link" && name !== "input" && name !== "col") out += opened(open, name, attributes);
  }
  out += html.slice(at);
  while (open.length) out += open.pop().end;
  return flat(out);
}

function opened(open, name, attributes) {
  let [start, end] = ["", ""];
  const style = attribute(attributes, "style");
  const isBold = /font-weight\s*:\s*(?:bold|[6-9]00)/iu.test(style);
  const isNormal = /font-weight\s*:\s*(?:normal|400)/iu.test(style);
  if (name === "a") {
    const href = cleanLink(attribute(attributes, "href"));
    if (href) [start, end] = [`<a href="${href.replaceAll("&", "&amp;").replaceAll('"', "%22")}">`, "</a>"];
  } else if (KEPT.has(name) && !((name === "b" || name === "strong") && isNormal)) [start, end] = [`<${name}>`, `</${name}>`];
  if (!["b", "strong", "h1", "h2", "h3", "a"].includes(name) && !/^(?:p|ul|ol|li)$/u.test(name)) {
    if (isBold) [start, end] = [`${start}<strong>`, `</strong>${end}`];
    if (/font-style\s*:\s*italic/iu.test(style)) [start, end] = [`${start}<em>`, `</em>${end}`];
    if (/text-decoration[^;]*:\s*[^;]*underline/iu.test(style) && name === "span") [start, end] = [`${start}<u>`, `</u>${end}`];
    if (/text-decoration[^;]*:\s*[^;]*line-through/iu.test(style)) [start, end] = [`${start}<s>`, `</s>${end}`];
  }
  open.push({ name, end });
  return start;
}

function closed(open, name) {
  const at = open.findLastIndex((one) => one.name === name);
  if (at < 0) return "";
  return open.splice(at).reverse().map((one) => one.end).join("");
}

// Paragraphs inside of each other, as mail programs nest them, become paragraphs after each other.
function flat(html) {
  let depth = 0;
  let inList = 0;
  return html.replace(/<(\/?)(p|li)>/gu, (whole, closing, name) => {
    if (name === "li") {
      inList += closing ? -1 : 1;
      return whole;
    }
    if (inList > 0) return closing ? " " : "";
    if (!closing) return depth++ ? "</p><p>" : "<p>";
    depth = Math.max(depth - 1, 0);
    return depth ? "</p><p>" : "</p>";
  });
}

function attribute(attributes, name) {
  const found = attributes.match(new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]*))`, "iu"));
  return found ? (found[1] ?? found[2] ?? found[3] ?? "") : "";
}
