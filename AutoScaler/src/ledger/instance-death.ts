import type { Runner, Time } from "../../../Core/model/ledger";
import type { InstanceDeathCode } from "../../../Core/model/reasons";
import { hasMachine } from "../../../Core/model/runner-class";
import type { InstanceState, Instances } from "../ports";

/** EC2 may take minutes to show a new instance, and Lambda a new MicroVM (F-35, F-45). */
const SHOWN_AFTER_MILLISECONDS = 10 * 60_000;

const DEATHS: Readonly<Partial<Record<InstanceState, InstanceDeathCode>>> = {
  stopped: "instance-stopped",
  terminated: "instance-terminated",
};

/** `terminated` and `stopped` are dead, nothing else (trace 7). */
export const deathIn = (state: InstanceState): InstanceDeathCode | undefined => DEATHS[state];

const isLongLaunched = ({ times }: Runner, now: Time): boolean =>
  times.LAUNCHED !== undefined && now - times.LAUNCHED > SHOWN_AFTER_MILLISECONDS;

/**
 * How EC2 or Lambda itself says that a runner's instance is over. One that it does not show, long after its launch, it has
 * forgotten: it was terminated. Undefined: nothing says that it is dead.
 *
 * @throws TransientError without an answer
 */
export const askDeath = async (
  runner: Runner,
  instances: Pick<Instances, "describe">,
  now: Time,
): Promise<InstanceDeathCode | undefined> => {
  if (!hasMachine(runner.provider) || runner.resourceId === undefined) return undefined;
  const shown = await instances.describe(runner.resourceId);
  if (shown !== undefined) return deathIn(shown.state);
  return isLongLaunched(runner, now) ? "instance-terminated" : undefined;
};

/** As `askDeath`, where a whole list is at hand: EC2 is asked only for what the list does not show. */
export const findDeath = async (
  runner: Runner,
  shown: ReadonlyMap<string, { readonly state: InstanceState }> | undefined,
  instances: Pick<Instances, "describe">,
  now: Time,
): Promise<InstanceDeathCode | undefined> => {
  if (!hasMachine(runner.provider) || runner.resourceId === undefined || shown === undefined)
    return undefined;
  const listed = shown.get(runner.resourceId);
  if (listed !== undefined) return deathIn(listed.state);
  return isLongLaunched(runner, now) ? askDeath(runner, instances, now) : undefined;
};
