import { type Attempt, isUsedUp, type Runner } from "../../Core/ledger";
import { safe } from "../console/console";
import { plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { findDeployment, output } from "../deployment";
import { type LedgerReader, ledgerReader } from "../ledger/ledger-reader";
import { checkAddress, findProject } from "../start/find-project";
import { parseJobAddress } from "../start/job-address";
import { resultText } from "../start/result-text";
import { runStartWorkflow, type StartInput, type StartResult } from "../start/run-workflow";

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
  return { ...(last ? { last } : {}), ...(runner ? { runner } : {}) };
};

/** Why a start failed; undefined when this start wrote nothing into the ledger. */
const noted = async (ledger: LedgerReader, jobId: number, before?: Attempt): Promise<string | undefined> => {
  const now = (await ledger.attempts(jobId)).at(-1);
  const isNew = now?.attempt !== before?.attempt || now?.version !== before?.version;
  return isNew ? now?.reason : undefined;
};

const refuse = (context: Context, options: StartOptions, { jobId, attempt, reason }: Attempt): ExitCode => {
  const why = reason ?? "no reason is noted";
  const text = `${plural(attempt, "attempt")} of job ${jobId} came to nothing (${why}). When that is put right: start ${jobId} --again`;
  show(context, options, { jobId, result: "used-up", attempts: attempt, reason }, safe(text));
  return 1;
};

const report = (
  context: Context,
  options: StartOptions,
  { jobId, projectId }: StartInput,
  result: StartResult,
  reason: string | undefined,
): ExitCode => {
  const { kind, ...facts } = result;
  const json = { jobId, projectId, result: kind, ...facts, ...(reason === undefined ? {} : { reason }) };
  show(context, options, json, safe(resultText(jobId, result, reason)));
  return kind === "started" || kind === "waiting" ? 0 : 1;
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
    last?.order.projectId ?? (await findProject(context, deployment, address, options.project));
  const input: StartInput = {
    jobId,
    projectId,
    jobName: last?.order.jobName ?? "",
    ...(options.again && last ? { again: last.attempt } : {}),
  };
  const workflow = output(deployment, "StartRunnerStateMachineArn");
  const result = await runStartWorkflow(context.clients.stepFunctions(), workflow, input);
  const reason = result.kind === "failed" ? await noted(ledger, jobId, last) : undefined;
  return report(context, options, input, result, reason);
};
