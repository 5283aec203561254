/** Bytes that a page loads, minified and gzipped; fails over the budget. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGETS = [
  { what: "core: one WebSocket, store, events", entry: 'export { connect } from "./src/core.ts"', most: 5 * 1024 },
  { what: "whole: ladder, tabs, upload, React hooks", entry: 'export * from "./src/index.ts"; export * from "./src/react.ts"', most: 9 * 1024 },
];

let isOver = false;
for (const { what, entry, most } of BUDGETS) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    write: false,
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${bytes > most ? "OVER" : "ok  "} ${bytes} of ${most} bytes gz  ${what}`);
  isOver ||= bytes > most;
}
process.exit(isOver ? 1 : 0);
