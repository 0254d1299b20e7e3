import { parseRunnerDescription } from "../../../../Core/configuration";
import { type Attempt, type Runner, type Time, touch } from "../../../../Core/ledger";
import type { Carrier } from "../../../../Core/runner-class";
import { classKey } from "../../../../Core/runner-class";
import type { RunnerOrder } from "../../../../Core/runner-order";
import { STRAY } from "../find-runner";
import { ADOPT_AFTER_MILLISECONDS } from "../limits";
import type { GitLabRunner, Instance, Ledger } from "../ports";
import { type Finding, isRecent, type Look } from "./look";

/** Something with our mark that the ledger does not know, or knows as gone. */
interface Mark {
  readonly jobId: number;
  readonly attempt: number;
}

export interface Adoption {
  readonly findings: readonly Finding[];
  /** Key → first seen, for the next sweep. */
  readonly unknown: Readonly<Record<string, Time>>;
  /** Keys of what could not be adopted this time. */
  readonly failures: readonly string[];
}

export const NOTHING_ADOPTED: Adoption = { findings: [], unknown: {}, failures: [] };

const DAY_SECONDS = 86_400;
/** Above GitLab's ids: an instance without a runner gets an item under a number that GitLab will not know. */
const NO_RUNNER_ID = 2 ** 52;
const HEX_DIGITS = 12;

/** What nobody ordered; it ends when it is idle, or after a day. */
const nobodysOrder = ({ jobId }: Mark, carrier: Carrier, now: Time): RunnerOrder => ({
  jobId,
  projectId: 0,
  jobName: "",
  tags: [],
  queuedAt: now,
  runnerClass: {
    name: "adopted",
    type: carrier,
    lifetimeSeconds: DAY_SECONDS,
    waitTimeoutSeconds: 0,
    maxRunners: 0,
  },
  verified: false,
});

const adoptedRunner = (
  runnerId: number,
  mark: Mark,
  carrier: Carrier,
  now: Time,
  resourceId?: string,
): Runner => {
  const order = nobodysOrder(mark, carrier, now);
  return {
    kind: "runner",
    runnerId,
    version: 1,
    state: "STARTING",
    jobId: mark.jobId,
    attempt: mark.attempt,
    launchedFor: mark,
    order,
    classKey: classKey(order.runnerClass),
    carrier,
    nonce: "",
    launchRound: 0,
    adopted: true,
    ...(resourceId === undefined ? {} : { resourceId }),
    times: { STARTING: now },
  };
};

const ended = (runnerId: number, reason: string, resourceId?: string): Finding => ({
  kind: "runner-ended",
  event: { detailType: "RunnerEnded", runnerId, ...(resourceId === undefined ? {} : { resourceId }), reason },
});

const ADOPTED = "nobody knows it";

/** Long enough unknown that no maker can be between two calls (trace 13). */
const isOrphan = (firstSeen: Time | undefined, now: Time): boolean =>
  firstSeen !== undefined && now - firstSeen >= ADOPT_AFTER_MILLISECONDS;

/** The unknown are looked at one by one; what fails for one waits for the next sweep (I-24). */
const each = async <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  known: Readonly<Record<string, Time>>,
  now: Time,
  act: (item: Item) => Promise<readonly Finding[]>,
): Promise<Adoption> => {
  const findings: Finding[] = [];
  const unknown: Record<string, Time> = {};
  const failures: string[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const firstSeen = known[key];
    unknown[key] = firstSeen ?? now;
    if (!isOrphan(firstSeen, now)) continue;
    try {
      findings.push(...(await act(item)));
    } catch {
      failures.push(key);
    }
  }
  return { findings, unknown, failures };
};

const markOf = (record: GitLabRunner, deploymentId: string): Mark | undefined =>
  parseRunnerDescription(deploymentId, record.description);

const unknownTo = async <Item>(
  items: readonly Item[],
  find: (item: Item) => Promise<Runner | undefined>,
): Promise<Item[]> => {
  // A read that fails says nothing of its item and keeps no other back (I-24).
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

/** GitLab records with our description: a lost answer of the create call leaves one behind (F-25). */
export const adoptRecords = async (
  ledger: Ledger,
  look: Look,
  records: readonly GitLabRunner[],
  deploymentId: string,
  known: Readonly<Record<string, Time>>,
): Promise<Adoption> => {
  const open = new Set(look.runners.map(({ runnerId }) => runnerId));
  const ours = records.filter((record) => !open.has(record.id) && markOf(record, deploymentId) !== undefined);
  const unknown = await unknownTo(ours, ({ id }) => ledger.runner(id));
  return each(
    unknown,
    ({ id }) => `record#${id}`,
    known,
    look.now,
    async (record) => {
      const mark = markOf(record, deploymentId);
      if (mark === undefined) return [];
      const isStored = await ledger.commit([{ put: adoptedRunner(record.id, mark, "LAMBDA", look.now) }]);
      return isStored ? [ended(record.id, ADOPTED)] : [];
    },
  );
};

const ALIVE = ["pending", "running", "stopping", "stopped"];
const OVER_SINCE_MILLISECONDS = 120_000;

/** The runner that an instance was launched for, when the answer of its launch was lost for good. */
const owner = async (ledger: Ledger, { jobId, attempt }: Mark): Promise<Runner | undefined> => {
  const own: Attempt | undefined = (await ledger.attempts(jobId)).find((one) => one.attempt === attempt);
  const runner = own?.runnerId === undefined ? undefined : await ledger.runner(own.runnerId);
  const isIts = runner?.launchedFor.jobId === jobId && runner.launchedFor.attempt === attempt;
  return isIts && runner.carrier === "EC2" && runner.resourceId === undefined ? runner : undefined;
};

const syntheticId = (instanceId: string): number => {
  const digits = instanceId
    .replace(/^i-/, "")
    .replace(/[^0-9a-f]/g, "")
    .slice(-HEX_DIGITS);
  return NO_RUNNER_ID + (Number.parseInt(digits, 16) || 0);
};

const adoptInstance = async (ledger: Ledger, instance: Instance, now: Time): Promise<readonly Finding[]> => {
  const { instanceId, jobId = 1, attempt = 1 } = instance;
  const runner = await owner(ledger, { jobId, attempt });
  if (runner !== undefined) {
    const times = { ...runner.times, LAUNCHED: now };
    await ledger.commit([{ put: { ...touch(runner, { resourceId: instanceId }), times } }]);
    return [];
  }
  const adopted = adoptedRunner(syntheticId(instanceId), { jobId, attempt }, "EC2", now, instanceId);
  const isStored = await ledger.commit([{ put: adopted }]);
  return isStored ? [ended(adopted.runnerId, ADOPTED, instanceId)] : [];
};

/** An instance that outlived its runner: a launch came after the end, or a termination failed. */
const strays = (gone: readonly (Runner | undefined)[], now: Time): Finding[] =>
  gone.flatMap((runner) => {
    const since = runner?.times.GONE;
    if (runner?.state !== "GONE" || isRecent(since, now) || now - (since ?? now) < OVER_SINCE_MILLISECONDS)
      return [];
    return [ended(runner.runnerId, STRAY, runner.resourceId)];
  });

/** Instances with our tag: unknown ones are adopted after the grace time, those of a runner that is gone are named. */
export const adoptInstances = async (
  ledger: Ledger,
  look: Look,
  known: Readonly<Record<string, Time>>,
): Promise<Adoption> => {
  if (look.instances === undefined) return { ...NOTHING_ADOPTED, unknown: known };
  const open = new Set(look.runners.map(({ resourceId }) => resourceId));
  const others = [...look.instances.values()].filter(
    ({ instanceId, state }) => ALIVE.includes(state) && !open.has(instanceId),
  );
  const runners = await Promise.all(others.map(({ instanceId }) => ledger.runnerByResource(instanceId)));
  const unknown = others.filter((_, index) => runners[index] === undefined);
  const adopted = await each(
    unknown,
    ({ instanceId }) => `instance#${instanceId}`,
    known,
    look.now,
    (instance) => adoptInstance(ledger, instance, look.now),
  );
  return { ...adopted, findings: [...adopted.findings, ...strays(runners, look.now)] };
};
