import { dirname, join, relative, resolve } from "node:path";
import { type MappingReading, readMapping } from "../../../Core/routing/mapping-reading";
import { rowName } from "../../../Core/routing/mapping-row";
import { safe, safeJson } from "../../../Core/safe-text";
import { type CommonOptions, type Context, type ExitCode, UsageError } from "../../context";
import { findDeployment, output, routingSettings } from "../../deployment";
import { formatOf } from "../../document/document-format";
import { documentText } from "../../document/document-text";
import { flawSentence, pulledDocument, rowsThatBlock } from "../../document/pulled-document";
import { MappingTable } from "../../mapping/mapping-table";
import { storedRows } from "../../mapping/stored-rows";

export interface PullOptions extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
}

const SCHEMA_FILE = join(__dirname, "../..", "runner-mapping.schema.json");

/** Where a document at `path` finds the schema. */
const schemaFor = (path: string): string => {
  const found = relative(resolve(dirname(path)), SCHEMA_FILE).replaceAll("\\", "/");
  return found.startsWith(".") ? found : `./${found}`;
};

const fileAt = (context: Context, path: string): Uint8Array | undefined => {
  try {
    return context.readFile(path);
  } catch {
    return undefined;
  }
};

/** The document that is to be replaced, if there is one that can be read. */
const documentBefore = (context: Context, { output: path, force }: PullOptions): string | undefined => {
  const bytes = path === undefined ? undefined : fileAt(context, path);
  if (bytes === undefined) return undefined;
  if (!force) throw new UsageError(`${path} exists: give --force to replace it, or another name`);
  const read = documentText(bytes);
  return "text" in read ? read.text : undefined;
};

const readTable = async (context: Context, options: PullOptions): Promise<MappingReading> => {
  const { clients, sleep } = context;
  const deployment = await findDeployment(clients.cloudFormation(), options.stackName);
  const table = new MappingTable(clients.dynamoDb(), output(deployment, "MappingTableName"), sleep);
  return readMapping(await storedRows(table), await routingSettings(clients, deployment));
};

const report = ({ console }: Context, { flaws }: MappingReading): void => {
  for (const flaw of flaws) {
    const end = flaw.kind === "unreachable" ? ": left out" : "";
    console.err(`${safe(flawSentence(flaw))}${end}.`);
  }
};

const refuse = ({ console }: Context, reading: MappingReading): ExitCode => {
  const names = [...new Set(rowsThatBlock(reading).map(rowName))].join("; ");
  console.err(
    `Nothing was written: no document can say what these rows say, and without them their jobs would get other runners. Correct or delete them in the table: ${safe(names)}.`,
  );
  return 1;
};

/**
 * `mapping pull`: the table's mapping as a document. It routes no job that the table does not route: what no
 * job reaches is left out, and where a row would be lost that jobs do reach, nothing is written.
 */
export const pullMapping = async (context: Context, options: PullOptions): Promise<ExitCode> => {
  const { output: path } = options;
  const before = documentBefore(context, options);
  const reading = await readTable(context, options);
  report(context, reading);
  const name = path ?? "runner-mapping.json";
  const { text, jobs } = pulledDocument(reading, schemaFor(name), before, formatOf(name, before ?? "{"));
  if (text === undefined) return refuse(context, reading);
  if (path) {
    context.writeFile(path, `${text}\n`);
    context.console.err(`${jobs} jobs written to ${safe(path)}.`);
  } else {
    context.console.out(safeJson(text));
  }
  return reading.flaws.every(({ kind }) => kind === "odd") ? 0 : 1;
};
