import { orphanGone, type Runner } from "../../../Core/ledger";
import { follow } from "./commit";
import type { Dependencies } from "./dependencies";
import type { InstanceEnd } from "./end-input";
import { type EndResult, kindOf } from "./end-order";
import { storeGone } from "./gone";
import type { Instance } from "./ports";

export type TerminateDependencies = Pick<Dependencies, "ledger" | "instances" | "clock">;

const isOf = (runner: Runner, instance: Instance): boolean =>
  instance.jobId === runner.launchedFor.jobId && instance.attempt === runner.launchedFor.attempt;

/** A launch whose answer was lost left no id in the ledger: looked for by our tag (trace 3). */
const findByTag = async (
  { instances }: TerminateDependencies,
  runner: Runner,
): Promise<readonly string[]> => {
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

const terminateRunners = async (
  world: TerminateDependencies,
  runnerId: number,
  recordDeleted: boolean,
): Promise<EndResult> => {
  const runner = await world.ledger.runner(runnerId);
  if (runner === undefined) return { kind: "gone", runnerId, reason: "not-in-ledger" };
  if (runner.carrier !== "EC2" || (runner.state !== "ENDING" && runner.state !== "GONE")) {
    return { kind: "left", runnerId, reason: "not-ending" };
  }
  const ids = runner.resourceId === undefined ? await findByTag(world, runner) : [runner.resourceId];
  for (const id of ids) await world.instances.terminate(id);
  const [resourceId] = ids;
  const going = { recordDeleted, ...(resourceId === undefined ? {} : { resourceId }) };
  const freed = await storeGone(world, runnerId, going);
  return {
    kind: "terminated",
    runnerId,
    ...(resourceId === undefined ? {} : { resourceId }),
    ...kindOf(runner),
    reason: runner.reason ?? "end-under-way",
    ...(freed ? { freed } : {}),
  };
};

const terminateOrphan = async (world: TerminateDependencies, resourceId: string): Promise<EndResult> => {
  const { ledger, instances, clock } = world;
  if ((await ledger.orphan(resourceId)) === undefined) return { kind: "gone", reason: "not-in-ledger" };
  await instances.terminate(resourceId);
  await follow(ledger, async () => {
    const orphan = await ledger.orphan(resourceId);
    const isOver = orphan === undefined || orphan.state === "GONE";
    return { changes: isOver ? [] : [{ put: orphanGone(orphan, clock.now()) }], result: undefined };
  });
  return { kind: "terminated", resourceId, carrier: "EC2", reason: "orphan-adopted" };
};

/**
 * Terminates an instance and stores that it is gone. The id is the ledger's: by the runner id that we made, or that of
 * an orphan that the sweep wrote into it. "Already gone" is success.
 *
 * @param end what "Unregister runner" returned
 * @throws TransientError: the workflow repeats it; ConfigurationError when EC2 does not let us
 */
export const terminateInstance = (world: TerminateDependencies, end: InstanceEnd): Promise<EndResult> =>
  "orphanId" in end
    ? terminateOrphan(world, end.orphanId)
    : terminateRunners(world, end.runnerId, end.recordDeleted);
