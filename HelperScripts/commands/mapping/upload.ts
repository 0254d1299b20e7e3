import { basename } from "node:path";
import { readMapping } from "../../../Core/routing/mapping-reading";
import { safe, safeJson } from "../../../Core/safe-text";
import { progress } from "../../console/progress";
import { agreed, type CommonOptions, type Context, type ExitCode, show } from "../../context";
import { findDeployment, output } from "../../deployment";
import { readForStack } from "../../document/check-functions";
import { findingsJson, findingsText } from "../../document/findings-text";
import { flawSentence } from "../../document/pulled-document";
import { type DocumentReading, readDocumentFile } from "../../document/read-document";
import { withBudgetIds } from "../../mapping/budget-projects";
import type { Difference } from "../../mapping/difference";
import { differenceText } from "../../mapping/difference-text";
import { MappingTable } from "../../mapping/mapping-table";
import { applyDifference, foldInApplied, readDifference } from "../../mapping/upload";
import { areStarted, type FailedJobs, offerFailedJobs } from "../../start/start-failed";
import { startedJson } from "../../start/start-job";

export interface UploadOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly startFailed?: boolean;
}

const counts = ({ changes, unchanged, others }: Difference) => ({
  added: changes.filter(({ kind }) => kind === "add").length,
  changed: changes.filter(({ kind }) => kind === "change").length,
  removed: changes.filter(({ kind }) => kind === "remove").length,
  unchanged,
  notInDocument: others.length,
});

const summary = (difference: Difference): string => {
  const { added, changed, removed, unchanged } = counts(difference);
  return `${added} added, ${changed} changed, ${removed} removed, ${unchanged} as they were`;
};

const refuse = (
  context: Context,
  options: UploadOptions,
  file: string,
  reading: DocumentReading,
): ExitCode => {
  const { errors } = reading;
  context.console.err(findingsText(context.console, file, reading));
  const count = errors.length === 1 ? "one error" : `${errors.length} errors`;
  context.console.err(`${safe(basename(file))} has ${count}. Nothing was written.`);
  if (options.json)
    context.console.out(safeJson(JSON.stringify({ written: false, ...findingsJson(reading) }, undefined, 2)));
  return 1;
};

interface Plan {
  readonly table: MappingTable;
  readonly state: Awaited<ReturnType<typeof readDifference>>["state"];
  readonly difference: Difference;
}

const write = async (context: Context, { table, state, difference }: Plan): Promise<void> => {
  const { console, now } = context;
  const bar = progress(console, now, "Uploading", difference.changes.length * 2);
  const parts = { table, now, holder: context.random(), step: bar.step };
  const isFoldedIn = await applyDifference(parts, state, difference).finally(bar.end);
  if (!isFoldedIn) {
    console.err(
      "The new mapping counts, but its rows still have their staged form: the next upload tidies them.",
    );
  }
};

const result = (difference: Difference, written: boolean, reading: DocumentReading) => ({
  written,
  ...counts(difference),
  warnings: reading.warnings,
});

/** Jobs that failed for the rows that were changed: which, and what came of those that were started. */
const failedJson = ({ found, started }: FailedJobs) => ({
  found: found.map(({ jobId }) => jobId),
  started: started.map(startedJson),
});

/** What an upload finds in the table and cannot read, and so leaves alone unless it is told to prune. */
const reportUnread = ({ console }: Context, { others, misses }: Difference): void => {
  const flaws = readMapping([...others, ...misses]).flaws.filter(
    ({ kind }) => kind !== "odd" && kind !== "unusable",
  );
  for (const each of flaws) console.err(`${safe(flawSentence(each))}. It stays as it is.`);
};

/** `mapping upload FILE` */
export const uploadMapping = async (
  context: Context,
  file: string,
  options: UploadOptions,
): Promise<ExitCode> => {
  const { console, clients } = context;
  const bytes = context.readFile(file);
  const alone = readDocumentFile(bytes, file);
  if (alone.isBroken) return refuse(context, options, file, alone);
  const deployment = await findDeployment(clients.cloudFormation(), options.stackName);
  const reading = await readForStack(clients, bytes, file, deployment);
  if (reading.errors.length > 0) return refuse(context, options, file, reading);
  if (reading.warnings.length > 0) console.err(findingsText(console, file, reading));
  const table = new MappingTable(clients.dynamoDb(), output(deployment, "MappingTableName"), context.sleep);
  const rows = await withBudgetIds(context, deployment, reading.rows);
  const { state, difference } = await readDifference(table, rows, options.prune === true);
  reportUnread(context, difference);
  if (difference.changes.length === 0) {
    if (!options.dryRun) await foldInApplied(table, difference.unsettled, state.applied);
    show(context, options, result(difference, false, reading), `No change: ${summary(difference)}.`);
    return 0;
  }
  console.err(differenceText(console, difference));
  if (options.dryRun) {
    show(context, options, result(difference, false, reading), `Would be: ${summary(difference)}.`);
    return 0;
  }
  if (!(await agreed(context, options.yes, `Write this to ${safe(options.stackName)}?`))) {
    console.err("Nothing was written.");
    return 1;
  }
  await write(context, { table, state, difference });
  if (!options.json) console.out(`Uploaded: ${summary(difference)}.`);
  const jobs = await offerFailedJobs(context, deployment, options, { ...difference, rows });
  if (options.json) {
    const written = { ...result(difference, true, reading), failedJobs: failedJson(jobs) };
    console.out(JSON.stringify(written, undefined, 2));
  }
  return areStarted(jobs) ? 0 : 1;
};
