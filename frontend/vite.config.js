// How an island is built: one script and one style sheet, whole in themselves, the same bytes on every machine.
// Names carry no hash (pages name them), and there is no source map (it would carry the machine's paths).
import { join } from "node:path";
import { licences } from "./licences.js";

const here = import.meta.dirname;

export function island(name, target) {
  return {
    root: here,
    base: "./",
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [licences(name)],
    build: {
      outDir: target,
      emptyOutDir: false,
      target: ["chrome111", "firefox114", "safari16.4"],
      modulePreload: false,
      cssCodeSplit: false,
      sourcemap: false,
      reportCompressedSize: false,
      // Strict CSP: nothing is inlined as data that the policy would refuse.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1500,
      rolldownOptions: {
        // React Flow marks itself for servers that render; nothing is rendered on a server here. How long a build took on a
        // busy machine is nobody's concern.
        onLog: (level, log, print) => {
          if (!["MODULE_LEVEL_DIRECTIVE", "PLUGIN_TIMINGS"].includes(log.code)) print(level, log);
        },
        input: join(here, "islands", name, "index.jsx"),
        output: {
          format: "es",
          codeSplitting: false,
          entryFileNames: `${name}.js`,
          assetFileNames: `${name}[extname]`,
        },
      },
    },
  };
}
