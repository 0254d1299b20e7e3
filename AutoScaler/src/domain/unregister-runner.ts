import type { Lease, Runner } from "../../../Core/ledger";
import type { EndSkipCode, RunnerEndCode } from "../../../Core/reasons";
import { closeJob } from "./close-job";
import type { Dependencies } from "./dependencies";
import { endInPayloadMode } from "./end-in-payload-mode";
import { type EndOrder, type EndResult, kindOf } from "./end-order";
import { storeGone } from "./gone";
import { giveLeaseBack, newLease } from "./leases";
import { FORCE_AFTER_MILLISECONDS } from "./limits";
import { notePickUp } from "./note-pick-up";
import { needsNoLook, type Occupancy, pauseAndLook } from "./pause-and-look";
import { type EndStep, noteBusy, takeLease, toEnding, type Wanted } from "./store-end";
import { isEndForced } from "./why-end";

export type UnregisterDependencies = Pick<
  Dependencies,
  "ledger" | "rows" | "gitLab" | "clock" | "nonce" | "metric"
>;

const result = (
  kind: EndResult["kind"],
  runner: Runner,
  reason: RunnerEndCode | EndSkipCode,
  more: Partial<EndResult> = {},
): EndResult => ({
  kind,
  runnerId: runner.runnerId,
  ...(runner.resourceId === undefined ? {} : { resourceId: runner.resourceId }),
  ...kindOf(runner),
  reason,
  ...more,
});

/** Deletes the record. False: GitLab has not answered for half an hour, the carrier goes without it (I-20). */
const deleteRecord = async ({ gitLab, clock }: UnregisterDependencies, runner: Runner): Promise<boolean> => {
  try {
    await gitLab.deleteRunner(runner.runnerId);
    return true;
  } catch (error) {
    const waited = clock.now() - (runner.endRequestedAt ?? clock.now());
    if (waited < FORCE_AFTER_MILLISECONDS) throw error;
    return false;
  }
};

/** A runner that never met a job may not have read its row: what boots now finds none and leaves. */
const removeRow = async ({ rows }: UnregisterDependencies, runner: Runner): Promise<void> => {
  if (runner.adopted || runner.busyJobId !== undefined) return;
  await rows.remove(runner.bootstrapKey ?? runner.nonce);
};

const finish = async (world: UnregisterDependencies, runner: Runner): Promise<EndResult> => {
  await removeRow(world, runner);
  const recordDeleted = await deleteRecord(world, runner);
  const reason = runner.reason ?? "end-under-way";
  if (!recordDeleted) world.metric("RecordsLeftBehind", 1);
  if (runner.carrier === "EC2") return result("unregistered", runner, reason, { recordDeleted });
  const freed = await storeGone(world, runner.runnerId, { recordDeleted });
  return result("unregistered", runner, reason, { recordDeleted, ...(freed ? { freed } : {}) });
};

/** Nothing of it runs, or GitLab has not said so for half an hour of an end whose reason stands. */
const lookOrForce = async (
  world: UnregisterDependencies,
  runner: Runner,
  order: EndOrder,
): Promise<Occupancy> => {
  try {
    return await pauseAndLook(world, runner, order);
  } catch (error) {
    if (!isEndForced(runner, world.clock.now())) throw error;
    world.metric("EndsForced", 1);
    return { kind: "free", isForced: true };
  }
};

const endAfterLook = async (
  world: UnregisterDependencies,
  order: Wanted,
  lease: Lease,
): Promise<EndStep | EndResult> => {
  const step = await takeLease(world, order, lease);
  if (step.kind === "left") return step;
  const look = await lookOrForce(world, step.runner, order);
  const pausedAt = world.clock.now();
  if (look.kind === "free") return toEnding(world, order, lease, look.isForced ? undefined : pausedAt);
  await noteBusy(world, order, look.job);
  return result("busy", step.runner, "busy", { busyJobId: look.job.id });
};

/** The pick-up was missed: the swap comes first, so the runner's record says what it did. */
const noteMissedPickUp = async (
  world: UnregisterDependencies,
  runner: Runner,
  { endedJob }: Wanted,
): Promise<Runner> => {
  const ranIt =
    endedJob !== undefined && endedJob.runnerId === runner.runnerId && endedJob.startedAt !== undefined;
  if (!ranIt || runner.busyJobId === endedJob.id) return runner;
  await notePickUp(world, endedJob, runner.runnerId);
  return (await world.ledger.runner(runner.runnerId)) ?? runner;
};

/** Somebody else is at the runner. The job that ended closes its attempts all the same. */
const leave = async (
  world: UnregisterDependencies,
  runner: Runner,
  { endedJob }: Wanted,
  reason: EndSkipCode,
): Promise<EndResult> => {
  const freed = endedJob && (await closeJob(world, endedJob)).freed;
  return result("left", runner, reason, freed ? { freed } : {});
};

const isLeft = (step: EndStep | EndResult): step is Extract<EndStep, { kind: "left" }> =>
  step.kind === "left" && !("runnerId" in step);

const endLiving = async (
  world: UnregisterDependencies,
  runner: Runner,
  order: Wanted,
  lease: Lease,
): Promise<EndResult> => {
  const isConfirmed = needsNoLook(runner, order, world.clock.now());
  const step = isConfirmed ? await toEnding(world, order, lease) : await endAfterLook(world, order, lease);
  if (step.kind === "go") return finish(world, step.runner);
  return isLeft(step) ? leave(world, runner, order, step.reason) : step;
};

const endOf = async (world: UnregisterDependencies, order: Wanted, lease: Lease): Promise<EndResult> => {
  const runner = await world.ledger.runner(order.runnerId);
  if (runner === undefined) return { kind: "gone", runnerId: order.runnerId, reason: "not-in-ledger" };
  if (runner.state !== "GONE") {
    return endLiving(world, await noteMissedPickUp(world, runner, order), order, lease);
  }
  const recordDeleted = await deleteRecord(world, { ...runner, endRequestedAt: world.clock.now() });
  await storeGone(world, runner.runnerId, { recordDeleted });
  return result("unregistered", runner, order.reason, { recordDeleted });
};

/** An orphan has no record: its instance may go at once. */
const endOrphan = (resourceId: string, reason: RunnerEndCode): EndResult => ({
  kind: "unregistered",
  resourceId,
  carrier: "EC2",
  reason,
  recordDeleted: true,
});

/**
 * Ends a runner in the order of I-20: lease, pause, nothing of it running, ENDING, record deleted; a Lambda
 * runner is then gone, an EC2 runner's instance is terminated next.
 *
 * @throws TransientError while GitLab does not answer; the lease is given back first
 */
export const unregisterRunner = async (
  world: UnregisterDependencies,
  order: EndOrder,
): Promise<EndResult> => {
  const { runnerId, orphanId } = order;
  if (orphanId !== undefined) return endOrphan(orphanId, order.reason);
  if (runnerId === undefined) {
    return order.endedJob ? closeJob(world, order.endedJob) : { kind: "gone", reason: order.reason };
  }
  if (world.gitLab.mode === "payload") return endInPayloadMode(world, { ...order, runnerId });
  const lease = newLease(world, "end");
  try {
    return await endOf(world, { ...order, runnerId }, lease);
  } catch (error) {
    await giveLeaseBack(world.ledger, lease, () => world.ledger.runner(runnerId));
    throw error;
  }
};
