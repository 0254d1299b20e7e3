import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The handlers: files of this folder with an entry point. */
const handlers = readdirSync(__dirname)
  .filter((name) => /^[a-z0-9-]+\.ts$/.test(name))
  .map((name) => [name, readFileSync(join(__dirname, name), "utf8")] as const)
  .filter(([, text]) => text.includes("export const handler"));

/** Each call of the log with its fields. */
const linesOf = (text: string): readonly string[] => text.match(/\blog\.(?:info|error)\([\s\S]*?\);/g) ?? [];

it("are found", () => expect(handlers.length).toBeGreaterThan(9));

it.each(handlers)("T-32: %s says in its log what came out", (_, text) => {
  const lines = linesOf(text);
  expect(lines.length).toBeGreaterThan(0);
  // The last thing before the answer, so that no way out but an error leaves without it; the workflow logs errors.
  expect(text).toMatch(
    /\blog\.(?:info|error)\([^;]*;\n\s*return [^;]*;\n\};\n(?:\nexport const handler = .*;\n)?$/,
  );
  for (const line of lines) expect(line).toMatch(/"[A-Z_]+", \{[\s\S]*\b(?:outcome|outcomeFields)\b/);
});
