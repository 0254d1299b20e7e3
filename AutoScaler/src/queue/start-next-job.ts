import { readClasses } from "../../../Core/ledger/known-classes";
import { isOrdered, type OrderedAttempt, type Time, touch } from "../../../Core/model/ledger";
import type { WaitingFor } from "../../../Core/model/reasons";
import { isLaunchDue } from "../../../Core/queue/retry-schedule";
import type { Dependencies } from "../dependencies";
import { pendingEvent } from "../events";
import { commit } from "../ledger/commit";
import { UNDER_WAY_MILLISECONDS } from "../timing";
import type { Freed } from "./freed";
import { byQueueTime } from "./queue";

export type NextJobDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

export type NextJob = { readonly kind: "dispatched"; readonly jobId: number } | { readonly kind: "nobody" };

/** Of a class's queue: enough to pass by those whose event is under way. At EC2 they also wait for their reservations. */
const LOOK_AT = 25;
const READ_FOR_RESERVATION = 400;

/** No event for it is under way, and EC2 has not just refused it. */
const isAsleep = (attempt: OrderedAttempt, now: Time): boolean =>
  now - (attempt.dispatchedAt ?? Number.NEGATIVE_INFINITY) > UNDER_WAY_MILLISECONDS &&
  isLaunchDue(attempt, now);

const dispatch = async (dependencies: NextJobDependencies, waiting: OrderedAttempt): Promise<boolean> => {
  const dispatched = touch(waiting, { dispatchedAt: dependencies.clock.now() });
  if (!(await commit(dependencies.ledger, [{ put: dispatched }]))) return false;
  await dependencies.bus.put([pendingEvent(waiting.order, waiting.attempt)]);
  return true;
};

const dispatchFirst = async (
  dependencies: NextJobDependencies,
  queue: readonly OrderedAttempt[],
  forWhat: WaitingFor,
): Promise<number | undefined> => {
  for (const waiting of queue) {
    const canBeDispatched = waiting.waitingFor === forWhat && isAsleep(waiting, dependencies.clock.now());
    if (canBeDispatched && (await dispatch(dependencies, waiting))) return waiting.jobId;
  }
  return undefined;
};

/** The oldest of all classes that waits for its reservation at EC2. */
const dispatchForReservation = async (
  dependencies: NextJobDependencies,
  names: readonly string[],
): Promise<number | undefined> => {
  const queues = await Promise.all(
    names.map((name) => dependencies.ledger.waiting(name, READ_FOR_RESERVATION)),
  );
  return dispatchFirst(dependencies, queues.flat().sort(byQueueTime), "launch-rate");
};

const dispatchForSlot = async (
  dependencies: NextJobDependencies,
  names: readonly string[],
): Promise<number | undefined> => {
  for (const name of names) {
    const jobId = await dispatchFirst(dependencies, await dependencies.ledger.waiting(name, LOOK_AT), "slot");
    if (jobId !== undefined) return jobId;
  }
  return undefined;
};

/**
 * The next attempt of a job whose runner ended without it, now and not at the next pass. A hint like any `pending`: the
 * look-up asks GitLab whether the job still waits.
 */
const retryFailed = async ({ ledger, bus }: NextJobDependencies, jobId: number): Promise<void> => {
  const last = (await ledger.attempts(jobId)).at(-1);
  if (last?.state !== "FAILED" || !isOrdered(last)) return;
  await bus.put([pendingEvent(last.order, last.attempt + 1)]);
};

/**
 * Puts the event of the oldest job that waits for a slot in the class on the bus. Where nobody waits in it, the
 * stack's slot may be what another class waits for. For a launch at EC2, of the oldest that waits for one.
 */
export const startNextJob = async (dependencies: NextJobDependencies, freed: Freed): Promise<NextJob> => {
  if (freed.kind === "slot" && freed.failedJobId !== undefined) {
    await retryFailed(dependencies, freed.failedJobId);
  }
  const { names } = await readClasses(dependencies.ledger);
  const jobId = await (freed.kind === "launch"
    ? dispatchForReservation(dependencies, names)
    : dispatchForSlot(dependencies, [freed.classKey, ...names.filter((name) => name !== freed.classKey)]));
  return jobId === undefined ? { kind: "nobody" } : { kind: "dispatched", jobId };
};
