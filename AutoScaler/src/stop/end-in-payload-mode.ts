import { advanceRunner, type Runner, type Time } from "../../../Core/model/ledger";
import { hasMachine } from "../../../Core/model/runner-class";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import type { LedgerChange } from "../ports";
import { OWN_RECORD_MILLISECONDS } from "../timing";
import { endAttempts } from "./close-job";
import { type EndOrder, type EndResult, kindOf } from "./end-order";
import { storeGone } from "./store-terminated";
import { isOverdue } from "./termination-reason";

type PayloadDependencies = Pick<Dependencies, "ledger" | "clock" | "metric" | "deploymentId">;
type Wanted = EndOrder & { readonly runnerId: number };

/**
 * Without AccessToken we can neither pause a runner nor read its jobs, so we wait for its own end: the runner
 * stops itself and deletes its record. An instance ends when EC2 reports it dead or when it is overdue, and a
 * function ends with its job, as a MicroVM does, which nobody else ends.
 */
const mayGo = (runner: Runner, { isDead, endedJob }: EndOrder, now: Time): boolean => {
  if (runner.state === "ENDING" || isDead || isOverdue(runner, now)) return true;
  return runner.provider !== "EC2" && endedJob !== undefined && endedJob.runnerId === runner.runnerId;
};

/** The record has to go before its machine does: whoever may ask GitLab to delete it sits there. */
const whileRecordGoes = async ({ clock }: PayloadDependencies, runner: Runner): Promise<void> => {
  if (runner.provider === "MICROVM") await clock.sleep(OWN_RECORD_MILLISECONDS);
};

const close = async (
  { ledger }: PayloadDependencies,
  { endedJob }: EndOrder,
  now: Time,
): Promise<readonly LedgerChange[]> =>
  endedJob === undefined ? [] : endAttempts(await ledger.attempts(endedJob.id), endedJob, now);

const endingChange = (runner: Runner, { reason }: EndOrder, now: Time): readonly LedgerChange[] =>
  runner.state === "ENDING"
    ? []
    : [{ put: advanceRunner(runner, "ENDING", now, { lease: undefined, endRequestedAt: now, reason }) }];

/** Ends a runner in payload mode, where the ledger can only record what has happened. */
export const endInPayloadMode = async (
  dependencies: PayloadDependencies,
  order: Wanted,
): Promise<EndResult> => {
  const found = await retryOnConflict(dependencies.ledger, async () => {
    const now = dependencies.clock.now();
    const runner = await dependencies.ledger.runner(order.runnerId);
    const closing = await close(dependencies, order, now);
    const isOver = runner === undefined || runner.state === "GONE";
    const goes = !isOver && mayGo(runner, order, now);
    return {
      changes: [...(goes ? endingChange(runner, order, now) : []), ...closing],
      result: { runner, goes },
    };
  });
  const { runner, goes } = found;
  const ids = { runnerId: order.runnerId, reason: order.reason };
  if (runner === undefined) return { kind: "absent", ...ids };
  const more = { ...ids, ...kindOf(runner) };
  if (!goes) return { kind: "left", ...more };
  await whileRecordGoes(dependencies, runner);
  if (hasMachine(runner.provider)) return { kind: "unregistered", ...more, recordDeleted: true };
  const gone = await storeGone(dependencies, runner.runnerId, { recordDeleted: true });
  return { kind: "unregistered", ...more, ...gone };
};
