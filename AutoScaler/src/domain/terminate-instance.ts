import type { Runner } from "../../../Core/ledger";
import type { EndResult } from "./end-order";
import { storeGone } from "./gone";
import type { Instance } from "./ports";
import type { World } from "./world";

export type TerminateWorld = Pick<World, "ledger" | "instances" | "clock">;

const isOf = (runner: Runner, instance: Instance): boolean =>
  instance.jobId === runner.launchedFor.jobId && instance.attempt === runner.launchedFor.attempt;

/** A launch whose answer was lost left no id in the ledger: looked for by our tag (trace 3). */
const findByTag = async ({ instances }: TerminateWorld, runner: Runner): Promise<readonly string[]> => {
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

/**
 * Terminates a runner's instance and stores that it is gone. The id is the ledger's, by the runner id that we
 * made. "Already gone" is success.
 *
 * @param end what "Unregister runner" returned
 * @throws TransientError: the workflow repeats it; ConfigurationError when EC2 does not let us
 */
export const terminateInstance = async (
  world: TerminateWorld,
  end: { readonly runnerId: number; readonly recordDeleted: boolean },
): Promise<EndResult> => {
  const { runnerId, recordDeleted } = end;
  const runner = await world.ledger.runner(runnerId);
  if (runner === undefined) return { kind: "gone", runnerId, reason: "not in the ledger" };
  if (runner.carrier !== "EC2" || (runner.state !== "ENDING" && runner.state !== "GONE")) {
    return { kind: "left", runnerId, reason: `it is ${runner.state}` };
  }
  const ids = runner.resourceId === undefined ? await findByTag(world, runner) : [runner.resourceId];
  for (const id of ids) await world.instances.terminate(id);
  const [resourceId] = ids;
  const going = { recordDeleted, ...(resourceId === undefined ? {} : { resourceId }) };
  const placeFreed = await storeGone(world, runnerId, going);
  return {
    kind: "terminated",
    runnerId,
    ...(resourceId === undefined ? {} : { resourceId }),
    carrier: runner.carrier,
    classKey: runner.classKey,
    reason: runner.reason ?? "",
    ...(placeFreed === undefined ? {} : { placeFreed }),
  };
};
