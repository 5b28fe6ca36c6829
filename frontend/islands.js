// Builds every island (a folder of islands/ with an index.jsx) into loumass/static/islands.
//   node islands.js            write
//   node islands.js --check    compare with what is committed; exit 1 on a difference
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { differences } from "./comparing.js";
import { island } from "./vite.config.js";

const here = import.meta.dirname;
const committed = join(here, "..", "loumass", "static", "islands");

async function buildAll(target) {
  const folders = readdirSync(join(here, "islands")).sort();
  const names = folders.filter((name) => existsSync(join(here, "islands", name, "index.jsx")));
  for (const name of names) await build(island(name, target));
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "islands-"));
  await buildAll(fresh);
  const different = differences(fresh, committed);
  rmSync(fresh, { recursive: true });
  for (const name of different) console.error(`static/islands/${name} differs from what frontend/islands builds`);
  process.exit(different.length ? 1 : 0);
}
rmSync(committed, { recursive: true, force: true });
mkdirSync(committed, { recursive: true });
await buildAll(committed);
