import type { BootstrapRow } from "../../Core/bootstrap-row";
import { ConfigurationError, TransientError } from "../../Core/errors";
import { log, metric } from "../../Core/log";
import type { ProcessTable } from "../../Core/process/process-table";
import { deleteOwnRecord } from "./delete-record";
import type { Environment } from "./environment";
import type { EnvironmentRoot } from "./environment-root";
import { RunnerProcess } from "./run-gitlab-runner";
import type { RunnerEvent } from "./runner-event";
import type { Limits, RunOutcome } from "./watch";
import { createWorkspace } from "./workspace";

/** What the function returns; nobody but its log and a test reads it. */
export type ServeResult = { readonly kind: "no-row" } | Extract<RunOutcome, { kind: "no-job" | "job-ended" }>;

export interface World {
  /** See takeRow. */
  take(event: RunnerEvent): Promise<BootstrapRow | undefined>;
  readonly environment: Environment;
  readonly table: ProcessTable;
  /** Path or name of gitlab-runner. */
  readonly binary: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  limits(row: BootstrapRow): Limits;
}

/** The run that is under way, for whoever has to end it early. */
export type Current = { process?: RunnerProcess; done?: Promise<unknown> };

const tell = (outcome: RunOutcome, runnerId: number): void => {
  const { kind, ...fields } = outcome;
  const isSound = kind === "no-job" || kind === "job-ended";
  metric("LambdaRunnerEnded", 1, { Outcome: kind });
  log[isSound ? "info" : "error"]("RUNNER_ENDED", { runnerId, outcome: kind, ...fields });
};

const runner = async (world: World, row: BootstrapRow, root: EnvironmentRoot): Promise<RunnerProcess> =>
  new RunnerProcess(
    {
      binary: world.binary,
      environment: world.variables,
      limits: world.limits(row),
      table: world.table,
      before: root.isAlone ? world.table.list() : undefined,
    },
    row,
    await createWorkspace(root.folder),
  );

const run = async (world: World, row: BootstrapRow, current: Current): Promise<RunOutcome> => {
  const root = await world.environment.openRoot();
  let process: RunnerProcess | undefined;
  try {
    process = await runner(world, row, root);
    current.process = process;
    const outcome = await process.run();
    tell(outcome, row.runnerId);
    return outcome;
  } finally {
    if (row.deletesOwnRecord) await deleteOwnRecord(row);
    await world.environment.clean(root, process?.processes);
    delete current.process;
  }
};

/** A failure that nobody else would see is thrown: Lambda does not try again, the alarm on errors tells. */
const settled = (outcome: RunOutcome): ServeResult => {
  if (outcome.kind === "no-job" || outcome.kind === "job-ended") return outcome;
  if (outcome.kind === "job-lost" || outcome.kind === "runner-failed")
    throw new TransientError(outcome.reason);
  throw new ConfigurationError("GitLab does not know the runner's token: its record is gone");
};

/**
 * Serves one event: one row, one runner, one job at most, and nothing of it kept.
 *
 * @throws TransientError when a job may still look as if it were running
 * @throws ConfigurationError when GitLab rejects the token
 */
export const serve = async (
  world: World,
  event: RunnerEvent,
  current: Current = {},
): Promise<ServeResult> => {
  const { runnerId } = event;
  const isRepeated = world.environment.hasServed(event.bootstrapKey);
  if (!isRepeated) world.environment.enter(event.bootstrapKey);
  const row = isRepeated ? undefined : await world.take(event);
  if (row === undefined) {
    log.info("ROW_TAKEN_BEFORE", { runnerId });
    return { kind: "no-row" };
  }
  log.info("RUNNER_STARTING", { runnerId, waitTimeoutSeconds: row.waitTimeoutSeconds });
  const running = run(world, row, current);
  current.done = running.catch(() => {});
  return settled(await running);
};
