import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";

const SCHEMA = JSON.parse(readFileSync(join(__dirname, "../output.schema.json"), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).addSchema(SCHEMA, "output");

/** Commands whose definition has another name than they. */
const NAMES: Readonly<Record<string, string>> = { why: "why_job" };

const commandOf = (argv: readonly string[]): string =>
  argv[0] === "mapping" ? `mapping_${argv[1]}` : (NAMES[argv[0] ?? ""] ?? argv[0] ?? "");

/** Commands with a definition. */
export const DOCUMENTED: readonly string[] = Object.keys(SCHEMA.$defs);

const validatorOf = (argv: readonly string[]): ValidateFunction | undefined => {
  const name = commandOf(argv);
  return DOCUMENTED.includes(name) ? ajv.getSchema(`output#/$defs/${name}`) : undefined;
};

/**
 * Holds what a command gave with `--json` to its documented shape, in every test that asks for it.
 *
 * @throws Error that names what differs
 */
export const checkOutput = (argv: readonly string[], out: string): void => {
  if (argv.includes("--follow")) {
    for (const line of argv.includes("--json") ? out.split("\n") : [])
      checkOutput(["log_line", "--json"], line);
    return;
  }
  const validate = argv.includes("--json") && out.startsWith("{") ? validatorOf(argv) : undefined;
  if (validate === undefined || validate(JSON.parse(out))) return;
  throw new Error(
    `${argv.join(" ")} gives what output.schema.json does not have: ${ajv.errorsText(validate.errors)}`,
  );
};
