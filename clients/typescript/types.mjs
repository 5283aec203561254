/** Writes `src/types.gen.ts` from the server's own document, or with `--check` compares it. */
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const HEAD = "// Written by `npm run types` from docs/api/openapi.json. Never edited.\n\n";
const source = new URL("../../docs/api/openapi.json", import.meta.url);
const target = new URL("src/types.gen.ts", import.meta.url);

/** JSON Schema lets words stand beside a `$ref`; openapi-typescript sees the `$ref` alone, and an `allOf` whole. */
function whole(schema) {
  if (Array.isArray(schema)) return schema.map(whole);
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref, ...rest } = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, whole(value)]));
  if ($ref === undefined) return rest;
  return rest.properties ? { allOf: [{ $ref }], ...rest } : { $ref, ...rest };
}

const document = whole(JSON.parse(readFileSync(source, "utf8")));
const text = HEAD + astToString(await openapiTS(document, { rootTypes: false, alphabetize: true }));
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("src/types.gen.ts is not that of docs/api/openapi.json: npm run types -w clients/typescript");
  process.exit(1);
}
