import { ConfigurationError, TransientError } from "../../Core/errors";
import { deleteOwnRecord } from "../../Core/gitlab-runner/delete-record";
import {
  isSound,
  levelOf,
  notPrepared,
  type RunOutcome,
  type SoundOutcome,
} from "../../Core/gitlab-runner/run-outcome";
import type { RunTimeouts } from "../../Core/gitlab-runner/run-timeouts";
import { RunnerProcess } from "../../Core/gitlab-runner/runner-process";
import { createWorkspace, type Workspace } from "../../Core/gitlab-runner/workspace";
import { log, metric } from "../../Core/log";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import type { ProcessTable } from "../../Core/process/process-table";
import type { RunnerEvent } from "./bootstrap/runner-event";
import type { Environment } from "./environment/environment";
import type { EnvironmentRoot } from "./environment/environment-root";
import type { ActiveRun } from "./process/shutdown";

/** The function's result. It is invoked asynchronously, so only logs and tests see it. */
export type ServeResult = { readonly kind: "no-row" } | SoundOutcome;

export interface ServeDependencies {
  /** See takeRow. */
  takeRow(event: RunnerEvent): Promise<BootstrapRow | undefined>;
  readonly environment: Environment;
  readonly table: ProcessTable;
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of this delivery. */
  readonly requestId: string;
  /** The function's name, a dimension of its metric. */
  readonly functionName: string;
  timeouts(row: BootstrapRow): RunTimeouts;
}

/**
 * The type of Lambda's own line that follows: who subscribes these lines is told that this delivery's end is not the
 * runner's, which lives in another environment. One environment has one delivery at a time, so the end of a delivery
 * that it has served before is the end.
 */
const REPORT_TYPE = "platform.report";

const report = (outcome: RunOutcome, runnerId: number, functionName: string): void => {
  const { kind, ...fields } = outcome;
  metric("LambdaRunnerEnded", 1, { Function: functionName, Outcome: kind });
  log[levelOf(outcome)]("RUNNER_ENDED", { runnerId, outcome: kind, ...fields });
};

const runner = (
  dependencies: ServeDependencies,
  row: BootstrapRow,
  root: EnvironmentRoot,
  workspace: Workspace,
): RunnerProcess =>
  new RunnerProcess(
    {
      binary: dependencies.binary,
      environment: dependencies.variables,
      timeouts: dependencies.timeouts(row),
      table: dependencies.table,
      before: root.isAlone ? dependencies.table.list() : undefined,
    },
    row,
    workspace,
  );

/** What one run has made and has to remove. */
interface Made {
  root?: EnvironmentRoot;
  process?: RunnerProcess;
}

/** Makes the job's folders and runs gitlab-runner in them. Whatever keeps it from that is an outcome. */
const runOnce = async (
  dependencies: ServeDependencies,
  row: BootstrapRow,
  current: ActiveRun,
  made: Made,
): Promise<RunOutcome> => {
  try {
    made.root = await dependencies.environment.openRoot();
    const workspace = await createWorkspace(made.root.folder);
    made.process = runner(dependencies, row, made.root, workspace);
    await made.process.prepare();
  } catch (error) {
    return notPrepared(error);
  }
  current.process = made.process;
  return made.process.run();
};

const run = async (
  dependencies: ServeDependencies,
  row: BootstrapRow,
  current: ActiveRun,
): Promise<RunOutcome> => {
  const made: Made = {};
  try {
    const outcome = await runOnce(dependencies, row, current, made);
    report(outcome, row.runnerId, dependencies.functionName);
    return outcome;
  } finally {
    if (row.deletesOwnRecord) await deleteOwnRecord(row);
    if (made.root) await dependencies.environment.clean(made.root, made.process?.processes);
    delete current.process;
  }
};

const REMEDY = "check Url (ConfigurationPath), its name, certificate and the way to it from Lambda";

/** Whether the failure may pass without a change of the configuration. */
const isTransient = (outcome: RunOutcome): boolean =>
  outcome.kind !== "unreachable" || ["server", "no-answer"].includes(outcome.detail);

/** Failures are thrown, so that Lambda counts an error and the alarm is raised. Lambda does not retry. */
const settled = (outcome: RunOutcome): ServeResult => {
  if (isSound(outcome)) return outcome;
  if (isTransient(outcome)) throw new TransientError(outcome.reason);
  throw new ConfigurationError(`GitLab could not be reached, ${REMEDY}: ${outcome.reason}`);
};

/**
 * Handles one event: takes its row, runs one runner for at most one job, and removes everything afterwards.
 *
 * @throws TransientError when GitLab may still show a job as running, or GitLab failed
 * @throws ConfigurationError when GitLab could not be reached
 */
export const serve = async (
  dependencies: ServeDependencies,
  event: RunnerEvent,
  current: ActiveRun = {},
): Promise<ServeResult> => {
  const { runnerId } = event;
  const isRepeated = dependencies.environment.hasServed(event.bootstrapKey);
  if (!isRepeated) {
    dependencies.environment.enter(event.bootstrapKey);
    await dependencies.environment.prepare();
  }
  const row = isRepeated ? undefined : await dependencies.takeRow(event);
  if (row === undefined) {
    if (isRepeated) log.info("DELIVERED_BEFORE", { runnerId });
    else log.info("ROW_TAKEN_BEFORE", { runnerId, requestId: dependencies.requestId, about: REPORT_TYPE });
    return { kind: "no-row" };
  }
  log.info("RUNNER_STARTING", { runnerId, waitTimeoutSeconds: row.waitTimeoutSeconds });
  const running = run(dependencies, row, current);
  current.done = running.catch(() => {});
  return settled(await running);
};
