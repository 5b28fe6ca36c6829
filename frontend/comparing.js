// Files of two folders, byte by byte.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

// Names that only one folder has, or that have other bytes in the other.
export function differences(fresh, committed) {
  const names = new Set([...filesUnder(fresh), ...filesUnder(committed)]);
  return [...names].filter((name) => {
    const [a, b] = [join(fresh, name), join(committed, name)];
    return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
  });
}
