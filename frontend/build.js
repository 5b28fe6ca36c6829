// Copies what the browser loads from node_modules to loumass/static/vendor, with its licences.
//   npm run build            write
//   npm run check            compare with what is committed; exit 1 on a difference
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { differences } from "./comparing.js";

const here = dirname(fileURLToPath(import.meta.url));
const committed = join(here, "..", "loumass", "static", "vendor");
const modules = join(here, "node_modules");

// Each package: the files that pages load, and where its licence text stands. Packages that ship no licence file
// have theirs in frontend/licences. What a file has bundled inside brings its licence too.
const packages = {
  tabler: {
    from: "@tabler/core",
    files: { "dist/css/tabler.min.css": "tabler.min.css" },
    licences: { "licences/tabler-core.txt": "LICENSE" },
  },
  icons: { from: "@tabler/icons", files: {}, licences: { "@tabler/icons/LICENSE": "LICENSE" } },
  htmx: {
    from: "htmx.org",
    files: { "dist/htmx.min.js": "htmx.min.js" },
    licences: { "htmx.org/LICENSE": "LICENSE" },
  },
  chart: {
    from: "chart.js",
    files: { "dist/chart.umd.min.js": "chart.umd.min.js" },
    licences: { "chart.js/LICENSE.md": "LICENSE.md", "@kurkle/color/LICENSE.md": "LICENSE-kurkle-color.md" },
  },
  inter: { from: "@fontsource-variable/inter", files: {}, licences: { "@fontsource-variable/inter/LICENSE": "LICENSE" } },
};

function withoutSourceMap(text) {
  return text.replace(/\n?(\/\/[#@] sourceMappingURL=\S+|\/\*[#@] sourceMappingURL=\S+ \*\/)\s*$/u, "\n");
}

function copyPackage(target, name, { from, files, licences }) {
  const folder = join(target, name);
  mkdirSync(folder, { recursive: true });
  for (const [source, as] of Object.entries(files)) {
    const text = readFileSync(join(modules, from, source), "utf8");
    writeFileSync(join(folder, as), withoutSourceMap(text));
  }
  for (const [source, as] of Object.entries(licences)) {
    const root = source.startsWith("licences/") ? here : modules;
    cpSync(join(root, source), join(folder, as));
  }
  const { version, homepage } = JSON.parse(readFileSync(join(modules, from, "package.json"), "utf8"));
  return { name: from, version, homepage };
}

// Only the upright weight axis: the pages use no italics and no optical sizes.
function copyFont(target) {
  const folder = join(target, "inter");
  const css = readFileSync(join(modules, "@fontsource-variable/inter/index.css"), "utf8");
  mkdirSync(join(folder, "files"), { recursive: true });
  writeFileSync(join(folder, "index.css"), css);
  for (const [, file] of css.matchAll(/url\(\.\/(files\/[^)]+)\)/gu)) {
    cpSync(join(modules, "@fontsource-variable/inter", file), join(folder, file));
  }
}

function build(target) {
  rmSync(target, { recursive: true, force: true });
  const copied = Object.entries(packages).map(([name, about]) => copyPackage(target, name, about));
  copyFont(target);
  const lines = copied.map(({ name, version, homepage }) => `| ${name} | ${version} | ${homepage ?? ""} |`);
  const head = "# From others\n\nCopied by `npm run build` in `frontend/`; never edited here.\n\n| package | version | home |\n|---|---|---|\n";
  writeFileSync(join(target, "README.md"), head + lines.join("\n") + "\n");
}

if (process.argv.includes("--check")) {
  const fresh = join(mkdtempSync(join(tmpdir(), "vendor-")), "vendor");
  build(fresh);
  const different = differences(fresh, committed);
  rmSync(dirname(fresh), { recursive: true });
  for (const name of different) console.error(`static/vendor/${name} differs from what npm brings`);
  process.exit(different.length ? 1 : 0);
}
build(committed);
