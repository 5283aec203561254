/**
 * *Variant*: the dashboard with a line of its source changed, for control experiments: what a test holds has to fall
 * without it. The product itself holds no switches.
 */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { type Change, changing, imported } from "../../../clients/typescript/test/harness/variant.js";

const ROOT = resolve(import.meta.dirname, "../..");

const bundled = (changes: Change[]): BuildOptions => ({
  absWorkingDir: ROOT,
  bundle: true,
  format: "esm",
  target: "es2022",
  conditions: ["quire-source"],
  alias: { react: join(ROOT, "src/react.ts") },
  plugins: [changing(ROOT, changes)],
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "error",
});

/** A folder of files for a server to serve (`server.dashboard_dir`). Whoever asks for it removes it. */
export async function dashboardWith(changes: Change[]): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "quire-dashboard-variant-"));
  const entryPoints = { app: "src/main.ts", style: "src/style/index.css" };
  await build({ ...bundled(changes), entryPoints, outdir: join(dir, "_app"), splitting: true });
  const index = readFileSync(join(ROOT, "src/index.html"), "utf8");
  const named = index.replace("{app}", "/_app/app.js").replace("{shared}", "/_app/app.js");
  writeFileSync(join(dir, "index.html"), named.replace("{style}", "/_app/style.css"));
  copyFileSync(join(ROOT, "src/icon.svg"), join(dir, "icon.svg"));
  return dir;
}

/** The modules that `entry` exports, changed. */
export async function moduleWith<T>(entry: string, changes: Change[]): Promise<T> {
  const { outputFiles } = await build({ ...bundled(changes), entryPoints: [entry], platform: "node", write: false });
  return imported(outputFiles![0]!.text);
}
