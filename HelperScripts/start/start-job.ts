import { defined } from "../../Core/defined";
import type { LedgerReader } from "../../Core/ledger/reader";
import type { Attempt } from "../../Core/model/ledger";
import { failureText } from "../../Core/model/reason-words";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { resultText } from "./result-text";
import { runStartWorkflow, type StartInput, type StartResult } from "./run-workflow";

export interface StartedJob {
  readonly jobId: number;
  readonly projectId: number;
  readonly result: StartResult;
  /** The attempt that the start left behind as failed. */
  readonly failure?: Attempt;
}

/** The attempt that a start left behind; undefined when this start wrote nothing into the ledger. */
const written = async (
  ledger: LedgerReader,
  jobId: number,
  before: Attempt | undefined,
): Promise<Attempt | undefined> => {
  const now = (await ledger.attempts(jobId)).at(-1);
  const isNew = now?.attempt !== before?.attempt || now?.version !== before?.version;
  return isNew ? now : undefined;
};

/**
 * Runs the start workflow for one job.
 *
 * @param before the job's last attempt as it was
 */
export const startJob = async (
  context: Context,
  deployment: Deployment,
  ledger: LedgerReader,
  input: StartInput,
  before: Attempt | undefined,
): Promise<StartedJob> => {
  const { jobId, projectId } = input;
  const workflow = output(deployment, "StartRunnerStateMachineArn");
  const result = await runStartWorkflow(context.clients.stepFunctions(), workflow, input);
  const failure = result.kind === "failed" ? await written(ledger, jobId, before) : undefined;
  return { jobId, projectId, result, ...defined({ failure }) };
};

/** Whether the job has a runner now, or will have one. */
export const isStarted = ({ result: { kind } }: StartedJob): boolean =>
  kind === "started" || kind === "waiting";

export const startedText = ({ jobId, result, failure }: StartedJob): string =>
  resultText(jobId, result, failure && failureText(failure));

export const startedJson = ({ jobId, projectId, result: { kind, ...facts }, failure }: StartedJob) => ({
  jobId,
  projectId,
  result: kind,
  ...facts,
  ...(failure?.reason ? { reason: failure.reason } : {}),
});
