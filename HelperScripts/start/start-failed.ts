import { type Attempt, jobOf } from "../../Core/model/ledger";
import { safe } from "../../Core/safe-text";
import { plural } from "../console/words";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { failedLately } from "../ledger/failed-lately";
import { ledgerReader } from "../ledger/ledger-reader";
import { concernsJob, type UploadedRows } from "./failed-jobs";
import { isStarted, type StartedJob, startedText, startJob } from "./start-job";

const DAY_MILLISECONDS = 24 * 60 * 60_000;
const MAX_NAMED = 10;
/** One workflow after the other takes some seconds each. */
const MAX_STARTED = 50;

export interface StartFailedOptions {
  /** Start them without a question. */
  readonly startFailed?: boolean;
  /** The question about the upload was answered in advance; it is no answer to this one. */
  readonly yes?: boolean;
}

/** What came of jobs that failed before the upload. */
export interface FailedJobs {
  /** Jobs that the changed rows route. */
  readonly found: readonly Attempt[];
  readonly started: readonly StartedJob[];
}

const NONE: FailedJobs = { found: [], started: [] };

const named = (attempts: readonly Attempt[]): string => {
  const ids = attempts.slice(0, MAX_NAMED).map(({ jobId }) => jobId);
  const more = attempts.length - ids.length;
  return ids.join(", ") + (more > 0 ? ` and ${more} more` : "");
};

const readFailed = async (
  context: Context,
  deployment: Deployment,
  uploaded: UploadedRows,
): Promise<readonly Attempt[]> => {
  const table = output(deployment, "LedgerTableName");
  const now = context.now();
  try {
    const { attempts } = await failedLately(context.clients.dynamoDb(), table, now - DAY_MILLISECONDS, now);
    return attempts.filter(concernsJob(uploaded));
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown error";
    context.console.err(
      `Whether jobs of these rows failed lately could not be read from the ledger (${name}).`,
    );
    return [];
  }
};

/** Never without being asked for: by the option, or by a person. */
const isWanted = async (
  { console }: Context,
  { startFailed, yes }: StartFailedOptions,
  found: readonly Attempt[],
): Promise<boolean> => {
  if (startFailed) return true;
  const [last] = found;
  const which = `${plural(found.length, "job")} (${named(found)}) of these rows failed to start in the last 24 hours`;
  if (console.isInteractive && !yes) return console.confirm(`${which}. Start them now?`);
  console.err(
    `${which}. To start them: --start-failed with the upload, or npx runners start ${last?.jobId} --again`,
  );
  return false;
};

const startAll = async (
  context: Context,
  deployment: Deployment,
  found: readonly Attempt[],
): Promise<readonly StartedJob[]> => {
  const ledger = ledgerReader(context, deployment);
  const started: StartedJob[] = [];
  for (const attempt of found.slice(0, MAX_STARTED)) {
    const { projectId, jobName } = jobOf(attempt);
    const input = { jobId: attempt.jobId, projectId, jobName, again: attempt.attempt };
    const one = await startJob(context, deployment, ledger, input, attempt);
    context.console.err(safe(startedText(one)));
    started.push(one);
  }
  const left = found.length - started.length;
  if (left > 0)
    context.console.err(
      `${plural(left, "job")} more failed: start them one by one, or run them again in GitLab.`,
    );
  return started;
};

/** After an upload: finds what failed for the rows that it changed, and starts it if somebody wants that. */
export const offerFailedJobs = async (
  context: Context,
  deployment: Deployment,
  options: StartFailedOptions,
  uploaded: UploadedRows,
): Promise<FailedJobs> => {
  const found = await readFailed(context, deployment, uploaded);
  if (found.length === 0) return NONE;
  const isStartedNow = await isWanted(context, options, found);
  return { found, started: isStartedNow ? await startAll(context, deployment, found) : [] };
};

export const areStarted = ({ started }: FailedJobs): boolean => started.every(isStarted);
