import { parseRunnerDescription } from "../../../Core/configuration";
import { isMicroVmId } from "../../../Core/microvm/image";
import { type Attempt, type Runner, type StartedRunner, type Time, touch } from "../../../Core/model/ledger";
import type { GitLabRunner, Instance, Ledger } from "../ports";
import { ADOPT_AFTER_MILLISECONDS } from "../timing";
import { adoptedRecord, ended, foundOrphan, type Mark, orphanEnded, outliving, remaining } from "./orphans";
import type { Discrepancy, Snapshot } from "./snapshot";

export interface Adoption {
  readonly discrepancies: readonly Discrepancy[];
  /** Key → time first seen, for the next pass. */
  readonly unknown: Readonly<Record<string, Time>>;
  /** Keys of the items that could not be adopted in this pass. */
  readonly failures: readonly string[];
}

export const NOTHING_ADOPTED: Adoption = { discrepancies: [], unknown: {}, failures: [] };

/** Unknown for so long that its creator cannot still be between two calls (trace 13). */
const isOrphan = (firstSeen: Time | undefined, now: Time): boolean =>
  firstSeen !== undefined && now - firstSeen >= ADOPT_AFTER_MILLISECONDS;

/** Handles the unknown items one by one. An item that fails is tried again in the next pass (I-24). */
const each = async <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  known: Readonly<Record<string, Time>>,
  now: Time,
  act: (item: Item) => Promise<readonly Discrepancy[]>,
): Promise<Adoption> => {
  const discrepancies: Discrepancy[] = [];
  const unknown: Record<string, Time> = {};
  const failures: string[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const firstSeen = known[key];
    unknown[key] = firstSeen ?? now;
    if (!isOrphan(firstSeen, now)) continue;
    try {
      discrepancies.push(...(await act(item)));
    } catch {
      failures.push(key);
    }
  }
  return { discrepancies, unknown, failures };
};

const markOf = (record: GitLabRunner, deploymentId: string): Mark | undefined =>
  parseRunnerDescription(deploymentId, record.description);

const unknownTo = async <Item>(
  items: readonly Item[],
  find: (item: Item) => Promise<Runner | undefined>,
): Promise<Item[]> => {
  // A failed read proves nothing about its item and does not stop the others (I-24).
  const isUnknown = async (item: Item): Promise<boolean> => {
    try {
      return (await find(item)) === undefined;
    } catch {
      return false;
    }
  };
  const unknown = await Promise.all(items.map(isUnknown));
  return items.filter((_, index) => unknown[index]);
};

/** Adopts GitLab records with our description: a create call whose answer was lost leaves one (F-25). */
export const adoptRecords = async (
  ledger: Ledger,
  snapshot: Snapshot,
  records: readonly GitLabRunner[],
  deploymentId: string,
  known: Readonly<Record<string, Time>>,
): Promise<Adoption> => {
  const open = new Set(snapshot.runners.map(({ runnerId }) => runnerId));
  const ours = records.filter((record) => !open.has(record.id) && markOf(record, deploymentId) !== undefined);
  const unknown = await unknownTo(ours, ({ id }) => ledger.runner(id));
  return each(
    unknown,
    ({ id }) => `record#${id}`,
    known,
    snapshot.now,
    async (record) => {
      const mark = markOf(record, deploymentId);
      if (mark === undefined) return [];
      const isStored = await ledger.commit([{ put: adoptedRecord(record.id, mark, snapshot.now) }]);
      return isStored ? [ended({ runnerId: record.id, reason: "orphan-adopted" })] : [];
    },
  );
};

/** Between Lambda's clock and ours. */
const CLOCKS_DIFFER_MILLISECONDS = 60_000;

const ALIVE = ["pending", "running", "stopping", "stopped"];

/** The runner that an instance was launched for; needed when the answer of the launch was lost. */
const owner = async (ledger: Ledger, { jobId, attempt }: Mark): Promise<StartedRunner | undefined> => {
  const own: Attempt | undefined = (await ledger.attempts(jobId)).find((one) => one.attempt === attempt);
  const runner = own?.runnerId === undefined ? undefined : await ledger.runner(own.runnerId);
  const isIts = runner?.launchedFor.jobId === jobId && runner.launchedFor.attempt === attempt;
  return isIts && runner.provider === "EC2" && runner.resourceId === undefined ? runner : undefined;
};

/**
 * A MicroVM carries no mark. While an open runner without an id may have been launched as this one, it is left alone: it may
 * run that one's job (I-3).
 */
const mayBeOwned = ({ instanceId, launchedAt }: Instance, { runners }: Snapshot): boolean =>
  isMicroVmId(instanceId) &&
  runners.some(
    ({ provider, resourceId, times }) =>
      provider === "MICROVM" &&
      resourceId === undefined &&
      (times.CREATED ?? 0) <= launchedAt + CLOCKS_DIFFER_MILLISECONDS,
  );

const adoptInstance = async (
  ledger: Ledger,
  instance: Instance,
  now: Time,
): Promise<readonly Discrepancy[]> => {
  const { instanceId, jobId, attempt } = instance;
  const isMarked = jobId !== undefined && attempt !== undefined;
  const runner = isMarked ? await owner(ledger, { jobId, attempt }) : undefined;
  if (runner !== undefined) {
    const times = { ...runner.times, LAUNCHED: now };
    await ledger.commit([{ put: { ...touch(runner, { resourceId: instanceId }), times } }]);
    return [];
  }
  const isStored = await ledger.commit([{ put: foundOrphan(instance, now) }]);
  return isStored ? [orphanEnded(instanceId)] : [];
};

/** Adopts unknown instances with our tag after the grace time, and reports those whose runner is gone. */
export const adoptInstances = async (
  ledger: Ledger,
  snapshot: Snapshot,
  known: Readonly<Record<string, Time>>,
): Promise<Adoption> => {
  if (snapshot.instances === undefined) return { ...NOTHING_ADOPTED, unknown: known };
  const open = new Set([...snapshot.runners, ...snapshot.orphans].map(({ resourceId }) => resourceId));
  const others = [...snapshot.instances.values()].filter(
    (instance) =>
      ALIVE.includes(instance.state) && !open.has(instance.instanceId) && !mayBeOwned(instance, snapshot),
  );
  const found = await Promise.all(others.map(({ instanceId }) => ledger.byResource(instanceId)));
  const unknown = others.filter((_, index) => found[index] === undefined);
  const adopted = await each(
    unknown,
    ({ instanceId }) => `instance#${instanceId}`,
    known,
    snapshot.now,
    (instance) => adoptInstance(ledger, instance, snapshot.now),
  );
  return {
    ...adopted,
    discrepancies: [...adopted.discrepancies, ...outliving(found, snapshot.now), ...remaining(snapshot)],
  };
};
