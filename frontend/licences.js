// Keeps the licences of every package that a bundle took something from beside the bundle.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const NAMES = /^(licen[cs]e|copying|notice)(\.(md|txt|markdown))?$/iu;

export function licences(name) {
  const folders = new Set();
  return {
    name: "licences",
    // Also style sheets: they are gone from the chunks by the time those are written.
    moduleParsed({ id }) {
      const folder = packageOf(id);
      if (folder) folders.add(folder);
    },
    generateBundle() {
      const texts = [...folders].sort().map(words);
      this.emitFile({ type: "asset", fileName: `${name}.licences.txt`, source: texts.join(`\n\n${"-".repeat(78)}\n\n`) + "\n" });
    },
  };
}

// The folder of the package that a module belongs to, or null for our own.
function packageOf(id) {
  const path = id.split("?")[0].replaceAll("\\", "/").replace(/^\0+/u, "");
  const at = path.lastIndexOf("/node_modules/");
  if (at < 0) return null;
  let folder = dirname(path);
  while (folder.length > at && !names(folder)) folder = dirname(folder);
  return folder;
}

// Some packages keep a package.json without a name in folders of theirs, to say which kind of modules stand there.
function names(folder) {
  const file = join(folder, "package.json");
  return existsSync(file) && Boolean(JSON.parse(readFileSync(file, "utf8")).version);
}

function words(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).filter((entry) => NAMES.test(entry)).sort()[0];
  if (!file) throw new Error(`${name} ships no licence file: put its text into frontend/licences and name it here.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
}
