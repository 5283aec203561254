/** The example of the README, word for word, against a server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import ts from "typescript";
import { expect, test } from "vitest";
import { Pages, launch } from "../harness/browser.js";
import { Quire } from "../harness/quire.js";
import { eventually } from "../harness/wait.js";

const ROOT = resolve(import.meta.dirname, "../..");
const exampleOf = (readme: string) => /```tsx\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, readme), "utf8"))![1]!;
const example = exampleOf("README.md");

test("the README of the project shows the same example", () => {
  expect(exampleOf("../../README.md")).toBe(example);
});

test("the example has at most fifteen lines of code, compiles, and shows a batch live", async () => {
  expect(example.split("\n").filter(Boolean).length).toBeLessThanOrEqual(15);
  const dir = mkdtempSync(join(ROOT, "test/browser/pages/readme-"));
  const [browser, quire] = await Promise.all([launch(), Quire.start()]);
  const served = await Pages.start(quire.url);
  try {
    const file = join(dir, "batch.tsx");
    writeFileSync(file, example);
    const main = `import { createRoot } from "react-dom/client";
      import { Batch } from "./batch.js";
      const id = new URLSearchParams(location.search).get("id")!;
      createRoot(document.getElementById("root")!).render(<Batch id={id} />);`;
    writeFileSync(join(dir, "main.tsx"), main);
    const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
    const paths = { "quire-client": [join(ROOT, "src/index.ts")], "quire-client/react": [join(ROOT, "src/react.ts")] };
    const program = ts.createProgram([join(dir, "main.tsx")], { ...options, paths });
    const wrong = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    expect(wrong).toEqual([]);
    const { outputFiles } = await build({
      entryPoints: [join(dir, "main.tsx")],
      bundle: true,
      format: "iife",
      jsx: "automatic",
      alias: { "quire-client/react": paths["quire-client/react"][0]!, "quire-client": paths["quire-client"][0]! },
      define: { "process.env.NODE_ENV": '"production"' },
      write: false,
    });
    served.showText(outputFiles[0]!.text);
    // Open, so that it does not end before it was paused.
    const { id } = await quire.submit({ items: 40, sealed: false });
    const page = await served.open(await browser.newContext(), { id });
    await page.getByRole("button", { name: "Pause" }).click();
    await eventually(async () => (await quire.batch(id)).control === "paused");
    for (const verb of ["resume", "seal"]) await quire.ask("PUT", `/api/v1/batches/${id}/${verb}`);
    await eventually(async () => (await page.textContent("p"))?.startsWith("40 of 40, 0 failed, live"));
  } finally {
    rmSync(dir, { recursive: true });
    await browser.close();
    served.stop();
    await quire.stop();
  }
});

