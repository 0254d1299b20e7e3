import { defined } from "../../Core/defined";
import type { LedgerReader } from "../../Core/ledger/reader";
import { type Attempt, isUsedUp, jobOf, type Runner } from "../../Core/model/ledger";
import { failureText } from "../../Core/model/reason-words";
import { safe } from "../../Core/safe-text";
import { plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { findDeployment } from "../deployment";
import { ledgerReader } from "../ledger/ledger-reader";
import { checkAddress, findProject } from "../start/find-project";
import { parseJobAddress } from "../start/job-address";
import type { StartInput } from "../start/run-workflow";
import { isStarted, startedJson, startedText, startJob } from "../start/start-job";

export interface StartOptions extends CommonOptions {
  readonly again?: boolean;
  readonly project?: number;
}

/** What the ledger knows of the job. */
interface Known {
  readonly last?: Attempt;
  readonly runner?: Runner;
}

const readKnown = async (ledger: LedgerReader, jobId: number): Promise<Known> => {
  const last = (await ledger.attempts(jobId)).at(-1);
  const runner = last?.runnerId === undefined ? undefined : await ledger.runner(last.runnerId);
  return defined({ last, runner });
};

const refuse = (context: Context, options: StartOptions, last: Attempt): ExitCode => {
  const { jobId, attempt, reason } = last;
  const text = `${plural(attempt, "attempt")} of job ${jobId} came to nothing (${failureText(last)}). When that is put right: start ${jobId} --again`;
  show(context, options, { jobId, result: "used-up", attempts: attempt, reason }, safe(text));
  return 1;
};

/** `start JOB`: runs the start workflow for one job now. Exit code 0 when a runner was started, or will be. */
export const start = async (context: Context, job: string, options: StartOptions): Promise<ExitCode> => {
  const address = parseJobAddress(job);
  const { jobId } = address;
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  await checkAddress(context, deployment, address);
  const ledger = ledgerReader(context, deployment);
  const { last, runner } = await readKnown(ledger, jobId);
  if (last !== undefined && !options.again && isUsedUp(last, runner)) return refuse(context, options, last);
  const projectId =
    (last && jobOf(last).projectId) ?? (await findProject(context, deployment, address, options.project));
  const input: StartInput = {
    jobId,
    projectId,
    jobName: last ? jobOf(last).jobName : "",
    ...defined({ again: options.again ? last?.attempt : undefined }),
  };
  const started = await startJob(context, deployment, ledger, input, last);
  show(context, options, startedJson(started), safe(startedText(started)));
  return isStarted(started) ? 0 : 1;
};
