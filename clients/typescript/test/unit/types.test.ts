/** A misspelt event type or field does not compile; the same, spelt right, does. */
import { resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const FILE = resolve(import.meta.dirname, "snippet.ts");

function complaints(body: string): string[] {
  const text = `import { connect } from "../../src/index.js";
    const q = connect();
    export async function look() { for await (const e of q.events()) { ${body} } }`;
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) =>
    name === FILE ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : read(name, version);
  const program = ts.createProgram([FILE], options, host);
  return program.getSemanticDiagnostics(program.getSourceFile(FILE)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

test("a misspelt type or field of an event does not compile", { timeout: 30_000 }, () => {
  expect(complaints(`if (e.type === "item.completed") console.log(e.data.failure, e.batch, e.item);`)).toEqual([]);
  expect(complaints(`if (e.type === "item.complete") console.log(e);`)[0]).toContain("have no overlap");
  expect(complaints(`console.log(e.data.failed);`)[0]).toContain("Property 'failed' does not exist");
});
