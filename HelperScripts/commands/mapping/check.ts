import { basename } from "node:path";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { safe } from "../../console/console";
import { type Context, type ExitCode, show } from "../../context";
import { findDeployment, routingSettings } from "../../deployment";
import { findingsJson, findingsText } from "../../document/findings-text";
import { readDocumentFile } from "../../document/read-document";

export interface CheckOptions {
  /** The stack to check against, as `upload` does; absent: the document alone, without AWS. */
  readonly stackName?: string;
  readonly json?: boolean;
}

const settingsFor = async (
  { clients }: Context,
  stackName: string | undefined,
): Promise<RoutingSettings | undefined> =>
  stackName === undefined
    ? undefined
    : routingSettings(clients.lambda(), await findDeployment(clients.cloudFormation(), stackName));

/** `mapping check FILE`: good for a pipeline. */
export const checkMapping = async (
  context: Context,
  file: string,
  options: CheckOptions,
): Promise<ExitCode> => {
  const bytes = context.readFile(file);
  const reading = readDocumentFile(bytes, await settingsFor(context, options.stackName));
  const { errors, warnings, rows } = reading;
  if (errors.length + warnings.length > 0) context.console.err(findingsText(context.console, file, reading));
  const isValid = errors.length === 0;
  if (isValid && options.stackName === undefined) {
    context.console.err(
      "Functions' accounts, instance types and lifetimes depend on the stack: check them with --stack-name, as upload does.",
    );
  }
  const count = errors.length === 1 ? "one error" : `${errors.length} errors`;
  const verdict = isValid ? `is valid: ${rows.length} rows` : `has ${count}`;
  show(context, options, { valid: isValid, ...findingsJson(reading) }, `${safe(basename(file))} ${verdict}.`);
  return isValid ? 0 : 1;
};
