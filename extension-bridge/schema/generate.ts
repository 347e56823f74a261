// Makes the protocol's TypeScript types out of its JSON Schema, so that there is one source for both.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile, type JSONSchema } from "json-schema-to-typescript";

const SCHEMA = new URL("protocol.schema.json", import.meta.url);
const TYPES = new URL("../bridge/src/protocol.ts", import.meta.url);
// The generator notes at every type which definition it came from: the type's own name says that.
const REFERENCE_NOTE = / \*\n \* This interface was referenced by [^\n]*\n \* via the `definition` [^\n]*\n|(?<=\/\*\*\n) \* This interface was referenced by [^\n]*\n \* via the `definition` [^\n]*\n/g;
const EMPTY_COMMENT = /\/\*\*\n \*\/\n/g;

/** The text that bridge/src/protocol.ts must have. */
export async function generate(): Promise<string> {
  const schema = JSON.parse(await readFile(SCHEMA, "utf8")) as JSONSchema;
  const types = await compile(schema, "Protocol", {
    bannerComment: "// Made from ../../schema/protocol.schema.json by ../../schema/generate.ts. Edit that, not this.",
    unreachableDefinitions: true,
    additionalProperties: false,
    style: { printWidth: 120 },
  });
  return types.replaceAll(REFERENCE_NOTE, "").replaceAll(EMPTY_COMMENT, "");
}

/** The text that bridge/src/protocol.ts has now. */
export function current(): Promise<string> {
  return readFile(TYPES, "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TYPES, await generate());
