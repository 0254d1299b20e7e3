import { basename } from "node:path";
import { safe } from "../console/console";
import { type Context, type ExitCode, show } from "../context";
import { findingsJson, findingsText } from "../document/findings-text";
import { readDocument } from "../document/read-document";

/** `mapping check FILE`: the document alone, without AWS. Good for a pipeline. */
export const checkMapping = async (
  context: Context,
  file: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> => {
  const reading = readDocument(context.readFile(file));
  const { errors, warnings, rows } = reading;
  if (errors.length + warnings.length > 0) context.console.err(findingsText(context.console, file, reading));
  const isRight = errors.length === 0;
  const count = errors.length === 1 ? "one error" : `${errors.length} errors`;
  const verdict = isRight ? `is right: ${rows.length} rows` : `has ${count}`;
  show(context, options, { valid: isRight, ...findingsJson(reading) }, `${safe(basename(file))} ${verdict}.`);
  return isRight ? 0 : 1;
};
