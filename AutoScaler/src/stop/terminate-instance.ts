import { defined } from "../../../Core/defined";
import { orphanGone, type Runner } from "../../../Core/model/ledger";
import {
  INSTANCE_DEATH_CODES,
  INTERRUPTION_CODES,
  type InstallFailure,
  type RunnerEndCode,
} from "../../../Core/model/reasons";
import { hasMachine } from "../../../Core/model/runner-class";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import type { Instance } from "../ports";
import type { InstanceEnd } from "./end-input";
import { type EndResult, kindOf, providerOf } from "./end-order";
import { keepIfFailed } from "./kept/keep-failed";
import { storeGone } from "./store-terminated";

export type TerminateDependencies = Pick<
  Dependencies,
  "ledger" | "instances" | "microVms" | "clock" | "metric" | "deploymentId"
>;

const isOf = (runner: Runner, instance: Instance): boolean =>
  instance.jobId === runner.launchedFor.jobId && instance.attempt === runner.launchedFor.attempt;

/**
 * Finds an instance by our tag when the launch's answer was lost and the ledger has no id (trace 3). A MicroVM has no tag: a
 * pass ends the one that nobody owns.
 */
const findByTag = async (
  { instances }: TerminateDependencies,
  runner: Runner,
): Promise<readonly string[]> => {
  if (runner.provider !== "EC2") return [];
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await instances.list(cursor);
    found.push(
      ...page.items.filter((instance) => isOf(runner, instance)).map(({ instanceId }) => instanceId),
    );
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
};

/** Reasons for which EC2's state reason is read. An ordinary end is not worth a call (I-25). */
const UNEXPECTED: readonly (RunnerEndCode | undefined)[] = [
  ...INSTANCE_DEATH_CODES,
  ...INTERRUPTION_CODES,
  "no-job",
];

/** EC2's reason for the instance's end, for people. A failed read does not stop the termination. */
const readStateReason = async (
  { instances }: TerminateDependencies,
  { reason, resourceId }: Runner,
): Promise<string | undefined> => {
  if (resourceId === undefined || !UNEXPECTED.includes(reason)) return undefined;
  try {
    return (await instances.describe(resourceId))?.stateReason;
  } catch {
    return undefined;
  }
};

/** Reasons for which a machine's console is read, if no job ever ran on it. */
const JOBLESS: readonly (RunnerEndCode | undefined)[] = [
  ...INSTANCE_DEATH_CODES,
  "no-job",
  "never-contacted",
];

/** Why the machine could not install what its image lacks, for people. A failed read does not stop the termination. */
const readInstallFailure = async (
  { instances }: TerminateDependencies,
  { reason, resourceId, busyJobId, provider }: Runner,
): Promise<InstallFailure | undefined> => {
  const hasConsole = provider === "EC2" && resourceId !== undefined;
  if (!hasConsole || busyJobId !== undefined || !JOBLESS.includes(reason)) return undefined;
  try {
    return await instances.installFailure(resourceId);
  } catch {
    return undefined;
  }
};

const terminateRunners = async (
  dependencies: TerminateDependencies,
  runnerId: number,
  recordDeleted: boolean,
): Promise<EndResult> => {
  const runner = await dependencies.ledger.runner(runnerId);
  if (runner === undefined) return { kind: "absent", runnerId, reason: "not-in-ledger" };
  if (!hasMachine(runner.provider) || (runner.state !== "ENDING" && runner.state !== "GONE")) {
    return { kind: "left", runnerId, reason: "not-ending" };
  }
  const ids = runner.resourceId === undefined ? await findByTag(dependencies, runner) : [runner.resourceId];
  const detail = await readStateReason(dependencies, runner);
  const installFailure = await readInstallFailure(dependencies, runner);
  const keptUntil = await keepIfFailed(dependencies, runner);
  if (keptUntil === undefined) for (const id of ids) await dependencies.instances.terminate(id);
  const [resourceId] = ids;
  const going = { recordDeleted, ...defined({ resourceId, detail, installFailure, keptUntil }) };
  const gone = await storeGone(dependencies, runnerId, going);
  return {
    kind: "terminated",
    runnerId,
    ...defined({ resourceId, keptUntil }),
    ...kindOf(runner),
    reason: runner.reason ?? "end-under-way",
    ...gone,
  };
};

const terminateOrphan = async (
  dependencies: TerminateDependencies,
  resourceId: string,
): Promise<EndResult> => {
  const { ledger, instances, clock } = dependencies;
  if ((await ledger.orphan(resourceId)) === undefined) return { kind: "absent", reason: "not-in-ledger" };
  await instances.terminate(resourceId);
  await retryOnConflict(ledger, async () => {
    const orphan = await ledger.orphan(resourceId);
    const isOver = orphan === undefined || orphan.state === "GONE";
    return { changes: isOver ? [] : [{ put: orphanGone(orphan, clock.now()) }], result: undefined };
  });
  return { kind: "terminated", resourceId, provider: providerOf(resourceId), reason: "orphan-adopted" };
};

/**
 * Terminates an instance or a MicroVM and stores that it is gone. The id comes from the ledger: from our runner's item, or
 * from an orphan that the reconciler stored. An instance that is already gone is a success.
 *
 * @param end what "Unregister runner" returned
 * @throws TransientError: the workflow retries; ConfigurationError if EC2 denies the call
 */
export const terminateInstance = (
  dependencies: TerminateDependencies,
  end: InstanceEnd,
): Promise<EndResult> =>
  "orphanId" in end
    ? terminateOrphan(dependencies, end.orphanId)
    : terminateRunners(dependencies, end.runnerId, end.recordDeleted);
