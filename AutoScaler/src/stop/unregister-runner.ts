import { defined } from "../../../Core/defined";
import type { Lease, Runner } from "../../../Core/model/ledger";
import type { EndSkipCode, RunnerEndCode } from "../../../Core/model/reasons";
import { hasMachine } from "../../../Core/model/runner-class";
import type { Dependencies } from "../dependencies";
import { newLease, releaseLease } from "../ledger/leases";
import { storePickUp } from "../pickup/store-pick-up";
import { FORCE_AFTER_MILLISECONDS } from "../timing";
import { closeJob } from "./close-job";
import { endInPayloadMode } from "./end-in-payload-mode";
import { type EndOrder, type EndResult, kindOf, providerOf } from "./end-order";
import { needsNoCheck, type Occupancy, pauseAndCheck } from "./pause-and-check";
import { type EndStep, recordBusy, takeLease, toEnding, type Wanted } from "./store-end";
import { storeGone } from "./store-terminated";
import { isEndForced } from "./termination-reason";

export type UnregisterDependencies = Pick<
  Dependencies,
  "ledger" | "rows" | "gitLab" | "clock" | "nonce" | "metric" | "deploymentId"
>;

const result = (
  kind: EndResult["kind"],
  runner: Runner,
  reason: RunnerEndCode | EndSkipCode,
  more: Partial<EndResult> = {},
): EndResult => ({
  kind,
  runnerId: runner.runnerId,
  ...defined({ resourceId: runner.resourceId }),
  ...kindOf(runner),
  reason,
  ...more,
});

/** Deletes the record. Returns false if GitLab gave no answer for half an hour: the end continues (I-20). */
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

/**
 * A runner without a job may not have read its bootstrap row. If it boots now, it finds none and stops. A MicroVM reads none:
 * its start removes it, if it does not die before.
 */
const removeRow = async ({ rows }: UnregisterDependencies, runner: Runner): Promise<void> => {
  const hasRead = runner.busyJobId !== undefined && runner.provider !== "MICROVM";
  if (runner.adopted || hasRead) return;
  await rows.remove(runner.bootstrapKey ?? runner.nonce);
};

const finish = async (dependencies: UnregisterDependencies, runner: Runner): Promise<EndResult> => {
  await removeRow(dependencies, runner);
  const recordDeleted = await deleteRecord(dependencies, runner);
  const reason = runner.reason ?? "end-under-way";
  if (!recordDeleted) dependencies.metric("RecordsLeftBehind", 1);
  if (hasMachine(runner.provider)) return result("unregistered", runner, reason, { recordDeleted });
  const gone = await storeGone(dependencies, runner.runnerId, { recordDeleted });
  return result("unregistered", runner, reason, { recordDeleted, ...gone });
};

/** Checks that the runner is free. If GitLab does not answer, an end that may be forced goes on without. */
const checkOrForce = async (
  dependencies: UnregisterDependencies,
  runner: Runner,
  order: EndOrder,
): Promise<Occupancy> => {
  try {
    return await pauseAndCheck(dependencies, runner, order);
  } catch (error) {
    if (!isEndForced(runner, dependencies.clock.now())) throw error;
    dependencies.metric("EndsForced", 1);
    return { kind: "free", isForced: true };
  }
};

const endAfterCheck = async (
  dependencies: UnregisterDependencies,
  order: Wanted,
  lease: Lease,
): Promise<EndStep | EndResult> => {
  const step = await takeLease(dependencies, order, lease);
  if (step.kind === "left") return step;
  const check = await checkOrForce(dependencies, step.runner, order);
  const pausedAt = dependencies.clock.now();
  if (check.kind === "free")
    return toEnding(dependencies, order, lease, check.isForced ? undefined : pausedAt);
  await recordBusy(dependencies, order, check.job);
  return result("busy", step.runner, "busy", { busyJobId: check.job.id });
};

/** Stores a missed pick-up first, so that the runner's item shows the job that it ran. */
const recordMissedPickUp = async (
  dependencies: UnregisterDependencies,
  runner: Runner,
  { endedJob }: Wanted,
): Promise<Runner> => {
  const ranIt =
    endedJob !== undefined && endedJob.runnerId === runner.runnerId && endedJob.startedAt !== undefined;
  if (!ranIt || runner.busyJobId === endedJob.id) return runner;
  await storePickUp(dependencies, endedJob, runner.runnerId);
  return (await dependencies.ledger.runner(runner.runnerId)) ?? runner;
};

/** Another execution works on the runner. The attempts of the job that ended are closed all the same. */
const leave = async (
  dependencies: UnregisterDependencies,
  runner: Runner,
  { endedJob }: Wanted,
  reason: EndSkipCode,
): Promise<EndResult> => {
  const freed = endedJob && (await closeJob(dependencies, endedJob)).freed;
  return result("left", runner, reason, freed ? { freed } : {});
};

const isLeft = (step: EndStep | EndResult): step is Extract<EndStep, { kind: "left" }> =>
  step.kind === "left" && !("runnerId" in step);

const endLiving = async (
  dependencies: UnregisterDependencies,
  runner: Runner,
  order: Wanted,
  lease: Lease,
): Promise<EndResult> => {
  const isConfirmed = needsNoCheck(runner, order, dependencies.clock.now());
  const step = isConfirmed
    ? await toEnding(dependencies, order, lease)
    : await endAfterCheck(dependencies, order, lease);
  if (step.kind === "go") return finish(dependencies, step.runner);
  return isLeft(step) ? leave(dependencies, runner, order, step.reason) : step;
};

const endOf = async (
  dependencies: UnregisterDependencies,
  order: Wanted,
  lease: Lease,
): Promise<EndResult> => {
  const runner = await dependencies.ledger.runner(order.runnerId);
  if (runner === undefined) return { kind: "absent", runnerId: order.runnerId, reason: "not-in-ledger" };
  if (runner.state !== "GONE") {
    return endLiving(dependencies, await recordMissedPickUp(dependencies, runner, order), order, lease);
  }
  const recordDeleted = await deleteRecord(dependencies, {
    ...runner,
    endRequestedAt: dependencies.clock.now(),
  });
  await storeGone(dependencies, runner.runnerId, { recordDeleted });
  return result("unregistered", runner, order.reason, { recordDeleted });
};

/** An orphan has no GitLab record, so its instance may be terminated at once. */
const endOrphan = (resourceId: string, reason: RunnerEndCode): EndResult => ({
  kind: "unregistered",
  resourceId,
  provider: providerOf(resourceId),
  reason,
  recordDeleted: true,
});

/**
 * Ends a runner in the order of I-20: lease, pause, check that nothing runs, ENDING, delete the record. A
 * Lambda runner is then gone; the instance or MicroVM of another one is terminated next.
 *
 * @throws TransientError while GitLab does not answer; the lease is released first
 */
export const unregisterRunner = async (
  dependencies: UnregisterDependencies,
  order: EndOrder,
): Promise<EndResult> => {
  const { runnerId, orphanId } = order;
  if (orphanId !== undefined) return endOrphan(orphanId, order.reason);
  if (runnerId === undefined) {
    return order.endedJob ? closeJob(dependencies, order.endedJob) : { kind: "absent", reason: order.reason };
  }
  if (dependencies.gitLab.mode === "payload") return endInPayloadMode(dependencies, { ...order, runnerId });
  const lease = newLease(dependencies, "end");
  try {
    return await endOf(dependencies, { ...order, runnerId }, lease);
  } catch (error) {
    await releaseLease(dependencies.ledger, lease, () => dependencies.ledger.runner(runnerId));
    throw error;
  }
};
