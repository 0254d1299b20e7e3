import type { OrphanInstance, Runner } from "../../../Core/model/ledger";
import type { InstanceDeathCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { askDeath, deathIn } from "../ledger/instance-death";
import { deathOf, type StopEvent } from "./stop-event";

type AskedEnd = Extract<StopEvent, { kind: "runner" }>;

/**
 * Whoever may put events may say that an instance is dead. Only EC2 knows: a runner is ended without a look at its
 * jobs after EC2 itself said so.
 *
 * @throws TransientError when EC2 does not answer
 */
export const confirmedDeath = async (
  { instances, clock }: Pick<Dependencies, "instances" | "clock">,
  event: AskedEnd,
  runner: Runner,
): Promise<InstanceDeathCode | undefined> =>
  event.resourceId === runner.resourceId && deathOf(event) !== undefined
    ? askDeath(runner, instances, clock.now())
    : undefined;

/** An orphan was seen before: one that EC2 does not show any more is gone. */
export const isOrphanOver = async (
  { instances }: Pick<Dependencies, "instances">,
  event: AskedEnd,
  { resourceId }: OrphanInstance,
): Promise<boolean> => {
  if (deathOf(event) === undefined) return false;
  const shown = await instances.describe(resourceId);
  return shown === undefined || deathIn(shown.state) !== undefined;
};
