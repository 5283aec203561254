/**
 * *Variant*: the client with a line of its source changed, for control experiments: what a test holds has to fall
 * without it. The product itself holds no switches.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Change {
  /** Below `src/`. */
  file: string;
  /** Stands there once. */
  from: string;
  to: string;
}

/** Of a bundler: reads the sources below `root` changed. */
export const changing = (root: string, changes: Change[]): Plugin => ({
  name: "changes",
  setup({ onLoad }) {
    const paths = new Set(changes.map(({ file }) => join(root, "src", file)));
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      if (!paths.has(path)) return undefined;
      let contents = readFileSync(path, "utf8");
      for (const { file, from, to } of changes.filter((change) => path === join(root, "src", change.file))) {
        if (contents.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
        contents = contents.replace(from, () => to);
      }
      return { contents, loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
});

/** As a bundle; `entry` is below the package. */
export async function bundle(entry: string, changes: Change[] = [], format: "esm" | "iife" = "esm"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    format,
    platform: format === "esm" ? "node" : "browser",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
    logLevel: "error",
    plugins: [changing(ROOT, changes)],
  });
  return outputFiles[0]!.text;
}

/** The modules that `entry` exports, changed. */
export async function variant<T>(entry: string, changes: Change[]): Promise<T> {
  return imported(await bundle(entry, changes));
}

export async function imported<T>(text: string): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "quire-client-variant-"));
  const file = join(dir, "client.mjs");
  writeFileSync(file, text);
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as T;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
