import { isBad, parseClassRow, parseJobRow, rowName } from "../../Core/mapping-row";
import type { StoredRow } from "../../Core/mapping-state";
import { safe } from "../console/console";
import { type CommonOptions, type Context, type ExitCode, UsageError } from "../context";
import { findDeployment, output } from "../deployment";
import { MappingTable } from "../mapping/mapping-table";
import { isClassRow, isMappingRow, rowLabel } from "../mapping/row-kinds";
import { storedRows } from "../mapping/stored-rows";

export interface PullOptions extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
}

type Fields = Record<string, unknown>;

interface Pulled {
  readonly document: { readonly classes?: Fields; readonly jobs: readonly Fields[] };
  readonly problems: readonly string[];
}

const jobFields = (row: StoredRow): Fields | string => {
  const job = parseJobRow(row);
  if (isBad(job)) return `The row ${rowName(row)} ${job.problem}`;
  if (job.tags === undefined) return `The row ${rowName(row)} has no readable tags`;
  return {
    type: job.type,
    name: job.name ?? "*",
    ...(job.projectId === undefined ? {} : { project: job.projectId }),
    tags: job.tags,
    ...(job.className === undefined ? {} : { class: job.className }),
    ...(job.functionArn === undefined ? {} : { lambdaArn: job.functionArn }),
  };
};

const byKey = (a: StoredRow, b: StoredRow): number => {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return a.sk < b.sk ? -1 : 1;
};

/** Makes a document of stored rows, in a stable order; what cannot be put into one is told. */
export const documentOf = (rows: readonly StoredRow[]): Pulled => {
  const problems: string[] = [];
  const classes = new Map<string, unknown>();
  const jobs: Fields[] = [];
  for (const row of rows.filter(isMappingRow).sort(byKey)) {
    if (isClassRow(row)) {
      const fields = parseClassRow(row);
      if (isBad(fields)) problems.push(`The row ${rowName(row)} ${fields.problem}`);
      else classes.set(rowLabel(row).name, fields);
    } else {
      const fields = jobFields(row);
      if (typeof fields === "string") problems.push(fields);
      else jobs.push(fields);
    }
  }
  return {
    document: { ...(classes.size > 0 ? { classes: Object.fromEntries(classes) } : {}), jobs },
    problems,
  };
};

const exists = (context: Context, path: string): boolean => {
  try {
    context.readFile(path);
    return true;
  } catch {
    return false;
  }
};

/** `mapping pull`: the table's mapping as a document. */
export const pullMapping = async (context: Context, options: PullOptions): Promise<ExitCode> => {
  const { output: path, force } = options;
  if (path && !force && exists(context, path)) {
    throw new UsageError(`${path} is there already: give --force to replace it, or another name`);
  }
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const table = new MappingTable(
    context.clients.dynamoDb(),
    output(deployment, "MappingTableName"),
    context.sleep,
  );
  const { document, problems } = documentOf(await storedRows(table));
  for (const problem of problems) context.console.err(`${safe(problem)}: left out.`);
  const text = JSON.stringify(document, undefined, 2);
  if (path) {
    context.writeFile(path, `${text}\n`);
    context.console.err(`${document.jobs.length} jobs written to ${path}.`);
  } else {
    context.console.out(text);
  }
  return problems.length === 0 ? 0 : 1;
};
