// Merge tags in a text: {{contact.first_name|fallback:"there"}}. The same rules as content/marking.py; no logic.
const TAG = /\{\{([^|{}"'<>]+)(?:\|\s*fallback\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*)?\}\}/gsu;

// Every tag of `text`: { name, fallback, start, end }.
export function tagsIn(text) {
  return [...text.matchAll(TAG)].map((found) => ({
    name: found[1].trim(),
    fallback: (found[2] ?? found[3] ?? "").replace(/\\(.)/gsu, "$1"),
    start: found.index,
    end: found.index + found[0].length,
  }));
}

export function written({ name, fallback }) {
  if (!fallback) return `{{${name}}}`;
  return `{{${name}|fallback:"${fallback.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"}}`;
}

// `text` as somebody with `values` gets it.
export function merged(text, values) {
  return text.replace(TAG, (whole, name, double, single) => {
    const value = valueOf(name.trim(), values);
    return value.trim() ? value : (double ?? single ?? "").replace(/\\(.)/gsu, "$1");
  });
}

export function valueOf(name, values) {
  return values[name] ?? values[name.replace(/^contact\./u, "contact.fields.")] ?? "";
}
