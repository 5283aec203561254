/** Bytes that a page loads, minified and gzipped; fails over the budget. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGETS = [
  { what: "core: one WebSocket, store, events", entry: 'export { connect } from "./src/core.ts"', most: 5 * 1024 },
  {
    what: "whole: also batches, ladder, tabs, React hooks",
    entry: 'export * from "./src/index.ts"; export * from "./src/react.ts"',
    most: 9 * 1024,
  },
  { what: "upload, loaded with the first one", entry: 'export * from "./src/upload.ts"', most: 1.9 * 1024 },
];

async function bytes(entry) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    outdir: "/",
    write: false,
    metafile: true,
  });
  const now = new Set();
  const add = (path) => {
    now.add(`/${path.replace(/^.*\//, "")}`);
    for (const { path: to, kind, external } of metafile.outputs[path].imports) {
      if (kind === "import-statement" && !external) add(to);
    }
  };
  add(Object.keys(metafile.outputs).find((path) => path.endsWith("stdin.js")));
  return gzipSync(Buffer.concat(outputFiles.filter(({ path }) => now.has(path)).map(({ contents }) => contents)), { level: 9 })
    .length;
}

let isOver = false;
for (const { what, entry, most } of BUDGETS) {
  const own = await bytes(entry);
  console.log(`${own > most ? "OVER" : "ok  "} ${own} of ${most} bytes gz  ${what}`);
  isOver ||= own > most;
}
process.exit(isOver ? 1 : 0);
