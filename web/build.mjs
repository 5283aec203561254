/** Bundles `src` into `dist`, byte for byte the same for the same sources, and fails when it grows over the budget. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = import.meta.dirname;
const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "dist") } } });
const OUT = resolve(values.out);

/** KB of 1,000 bytes, gzipped. */
const BUDGET = { first_load_js: 40, all_js: 60, everything: 200 };

/** Each page reaches all that is shared, so that this is one chunk: see `src/shared.ts`. */
const shared = {
  name: "shared",
  setup({ onLoad }) {
    const needy = /\/(web\/src\/(pages\/(batches|batch|operate)|main)|typescript\/src\/upload)\.tsx?$/;
    onLoad({ filter: needy }, ({ path }) => ({
      contents: `${readFileSync(path, "utf8")}\nimport ${JSON.stringify(join(ROOT, "src/shared.ts"))};\n`,
      loader: path.endsWith("x") ? "tsx" : "ts",
    }));
  },
};

const { metafile, outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: { app: "src/main.ts", style: "src/style/index.css" },
  outdir: join(ROOT, "dist/_app"),
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  metafile: true,
  write: false,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  conditions: ["quire-source"],
  alias: { react: join(ROOT, "src/react.ts") },
  plugins: [shared],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});

const files = new Map(
  outputFiles.map(({ path, contents }) => [relative(join(ROOT, "dist"), path), Buffer.from(contents)]),
);
const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ ...output, name: relative("dist", path) }));
const named = (entry) => outputs.find(({ entryPoint }) => entryPoint === entry);
const app = named("src/main.ts");
const style = named("src/style/index.css");

const index = readFileSync(join(ROOT, "src/index.html"), "utf8")
  .replace("{app}", `/${app.name}`)
  .replace("{shared}", `/${relative("dist", app.imports.find(({ kind }) => kind === "import-statement").path)}`)
  .replace("{style}", `/${style.name}`);
files.set("index.html", Buffer.from(index));
files.set("icon.svg", readFileSync(join(ROOT, "src/icon.svg")));

/** What is there before the list of batches is: the entry, that page, and all they import. */
function firstLoad() {
  const found = new Set();
  const add = (output) => {
    if (found.has(output.name)) return;
    found.add(output.name);
    for (const { path, kind } of output.imports) {
      if (kind === "import-statement") add(outputs.find(({ name }) => name === relative("dist", path)));
    }
  };
  add(app);
  add(named("src/pages/batches.tsx"));
  return found;
}

const gz = (bytes) => gzipSync(bytes, { level: 9 }).length;
const sized = [...files]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, bytes]) => ({ name, bytes: bytes.length, gz: gz(bytes) }));
const sum = (keep) => sized.filter(keep).reduce((all, { gz }) => all + gz, 0);
const first = firstLoad();
const isJs = ({ name }) => name.endsWith(".js");
const totals = {
  first_load_js: sum((file) => first.has(file.name)),
  all_js: sum(isJs),
  everything: sum(() => true),
};
const over = Object.entries(BUDGET).filter(([name, kb]) => totals[name] > kb * 1000);
const sizes = { unit: "bytes; gz: gzip at level 9", budget_kb_gz: BUDGET, totals_gz: totals, files: sized };
files.set("sizes.json", Buffer.from(`${JSON.stringify(sizes, null, 2)}\n`));

rmSync(OUT, { recursive: true, force: true });
for (const [name, bytes] of files) {
  const path = join(OUT, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
for (const [name, size] of Object.entries(totals)) {
  console.log(`${name.padEnd(14)} ${(size / 1000).toFixed(1).padStart(6)} KB gz of ${BUDGET[name]}`);
}
if (over.length) {
  console.error(`over the budget: ${over.map(([name]) => name).join(", ")}`);
  process.exitCode = 1;
}
