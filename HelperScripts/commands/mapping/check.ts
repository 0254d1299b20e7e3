import { basename } from "node:path";
import { safe } from "../../../Core/safe-text";
import { type Context, type ExitCode, show } from "../../context";
import { findDeployment } from "../../deployment";
import { readForStack } from "../../document/check-functions";
import { findingsJson, findingsText } from "../../document/findings-text";
import { type DocumentReading, readDocumentFile } from "../../document/read-document";

export interface CheckOptions {
  /** The stack to check against, as `upload` does; absent: the document alone, without AWS. */
  readonly stackName?: string;
  readonly json?: boolean;
}

const read = async (
  { clients }: Context,
  bytes: Uint8Array,
  file: string,
  stackName: string | undefined,
): Promise<DocumentReading> =>
  stackName === undefined
    ? readDocumentFile(bytes, file)
    : readForStack(clients, bytes, file, await findDeployment(clients.cloudFormation(), stackName));

/** `mapping check FILE`: good for a pipeline. */
export const checkMapping = async (
  context: Context,
  file: string,
  options: CheckOptions,
): Promise<ExitCode> => {
  const reading = await read(context, context.readFile(file), file, options.stackName);
  const { errors, warnings, rows } = reading;
  if (errors.length + warnings.length > 0) context.console.err(findingsText(context.console, file, reading));
  const isValid = errors.length === 0;
  if (isValid && options.stackName === undefined) {
    context.console.err(
      "Functions, instance types and lifetimes depend on the stack: check them with --stack-name, as upload does.",
    );
  }
  const count = errors.length === 1 ? "one error" : `${errors.length} errors`;
  const verdict = isValid ? `is valid: ${rows.length} rows` : `has ${count}`;
  show(context, options, { valid: isValid, ...findingsJson(reading) }, `${safe(basename(file))} ${verdict}.`);
  return isValid ? 0 : 1;
};
