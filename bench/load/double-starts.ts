import { JOB_TAG } from "../../Core/configuration";
import type { Attempt, Runner, Time } from "../../Core/model/ledger";
import type { SimulatorInstance } from "../../local/ec2/instance";
import type { FinishedCall } from "../../local/lambda-host";
import type { LedgerView } from "../../local/laptop/ledger-view";

/** A machine that ran for an attempt: an instance, or a call of a runner function that took its row. */
export interface StartedMachine {
  readonly jobId: number;
  readonly attempt: number;
}

const idOf = ({ jobId, attempt }: StartedMachine): string => `${jobId}-${attempt}`;

/** The machines that EC2 and Lambda started, as they tell themselves: the ledger says only for what a runner was launched. */
export const startedMachines = (
  calls: readonly FinishedCall[],
  instances: readonly Pick<SimulatorInstance, "tags">[],
  { runners }: Pick<LedgerView, "runners">,
): readonly StartedMachine[] => {
  const launchedFor = new Map(runners.map(({ runnerId, launchedFor: attempt }) => [runnerId, attempt]));
  const byLambda = calls.flatMap(({ functionId, event, outcome }) => {
    const isRun = functionId === "RunnerFunction" && !("result" in outcome && isNoRow(outcome.result));
    const attempt = isRun ? launchedFor.get((event as { runnerId: number }).runnerId) : undefined;
    return attempt ? [attempt] : [];
  });
  const byEc2 = instances.flatMap(({ tags }) => {
    const [, jobId, attempt] = /^(\d+)-(\d+)$/.exec(tags[JOB_TAG] ?? "") ?? [];
    return jobId === undefined ? [] : [{ jobId: Number(jobId), attempt: Number(attempt) }];
  });
  return [...byLambda, ...byEc2];
};

const isNoRow = (result: unknown): boolean => (result as { kind?: string } | null)?.kind === "no-row";

/** When a further attempt was first permitted: this one had failed, or its runner was ending or had another job. */
const permittedAt = ({ jobId, times }: Attempt, runner: Runner | undefined): Time => {
  const ofRunner = runner?.times ?? {};
  const hasOther = runner?.busyJobId !== undefined && runner.busyJobId !== jobId;
  const all = [times.FAILED, ofRunner.ENDING, ofRunner.GONE, hasOther ? ofRunner.BUSY : undefined];
  return Math.min(...all.map((at) => at ?? Number.POSITIVE_INFINITY));
};

const openedAt = ({ times }: Attempt): Time => Math.min(...Object.values(times));

/** Attempts that were opened while the one before could still run its job. */
const openedTooSoon = ({ attempts, runners }: LedgerView): readonly Attempt[] => {
  const runnerOf = new Map(runners.map((runner) => [runner.runnerId, runner]));
  const byId = new Map(attempts.map((attempt) => [idOf(attempt), attempt]));
  return attempts.filter((attempt) => {
    const before = byId.get(idOf({ jobId: attempt.jobId, attempt: attempt.attempt - 1 }));
    return before && openedAt(attempt) < permittedAt(before, runnerOf.get(before.runnerId ?? 0));
  });
};

/** Jobs' attempts that were started twice: two machines for one, or one opened without a reason that permits it. */
export const doubleStarts = (ledger: LedgerView, machines: readonly StartedMachine[]): readonly string[] => {
  const started = new Map<string, number>();
  for (const machine of machines) started.set(idOf(machine), (started.get(idOf(machine)) ?? 0) + 1);
  const twice = [...started].flatMap(([id, times]) => (times > 1 ? [`${id}: ${times} machines`] : []));
  return [...twice, ...openedTooSoon(ledger).map((attempt) => `${idOf(attempt)}: opened too soon`)];
};
