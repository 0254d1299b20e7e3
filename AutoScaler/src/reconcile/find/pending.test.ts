import { defined } from "../../../../Core/defined";
import type { Attempt, Runner, StartedRunner } from "../../../../Core/model/ledger";
import type { GitLabJob } from "../../ports";
import { fakeLedger } from "../../testing/fakes/fake-ledger";
import { aJob, anAttempt, aRunner, aSnapshot, NOW } from "../../testing/fakes/items";
import type { Snapshot } from "../snapshot";
import { findPending, indexOf, isClearlyMet, isUnassigned, usedUpKey, waitsForLaunchRate } from "./pending";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Long enough ago that no event of it can be under way. */
const AGO = NOW - 45 * SECOND;

const without = (runner: Runner): Runner => {
  const { resourceId: _, ...rest } = runner;
  return rest;
};

const expired = { kind: "start", holder: "1", until: NOW } as const;
const claimed = (at: number) => anAttempt({ state: "CLAIMED", lease: expired, times: { CLAIMED: at } });
const created = (at: number) => anAttempt({ state: "CREATED", runnerId: 9001, times: { CREATED: at } });
const spent = (attempt: number, at: number) =>
  anAttempt({ attempt, runnerId: 9001, times: { LAUNCHED: 1, CLAIMED: at } });
const gone = (at: number) => aRunner({ state: "GONE", times: { LAUNCHED: 1, GONE: at } });
const stored = without(aRunner());

type Row = [says: string, attempt: Attempt, runner: Runner | undefined, expected: object | undefined];

const ROWS: readonly Row[] = [
  ["opens the next attempt", spent(1, AGO), gone(AGO), { isNew: false, event: { attempt: 2 } }],
  ["gives the event of an attempt that just ended time", spent(1, AGO), gone(AGO + 1), undefined],
  ["says that attempts are used up, at once", spent(3, NOW), gone(NOW), { isNew: false }],
  [
    "F-14: takes a claim up that stopped half-way",
    claimed(AGO),
    undefined,
    { event: { attempt: 1 }, dispatches: { state: "CLAIMED" } },
  ],
  ["gives a claim time", claimed(AGO + 1), undefined, undefined],
  [
    "F-14: takes a runner up that was not launched",
    created(NOW - MINUTE),
    stored,
    { event: { attempt: 1 }, dispatches: { state: "CREATED" } },
  ],
  ["gives a launch time", created(NOW - MINUTE + 1), stored, undefined],
  ["leaves a runner that is launched", created(0), aRunner(), undefined],
  ["leaves what runs", anAttempt({ state: "RUNNING" }), undefined, undefined],
];

describe("a pending job", () => {
  const ledgerWith = async (...items: readonly (Attempt | Runner | undefined)[]) => {
    const ledger = fakeLedger();
    for (const put of items) if (put) await ledger.commit([{ put: { ...put, version: 1 } }]);
    return ledger;
  };
  const yes = async (): Promise<boolean> => true;
  const notes = () => ({ usedUp: new Set<string>(), young: new Set<GitLabJob>() });

  it.each(ROWS)("%s", async (_says, attempt, runner, expected) => {
    const found = await findPending(await ledgerWith(attempt, runner), aSnapshot(), aJob(), yes, notes());
    const nothingElse = { dispatches: undefined };
    expect(found === undefined ? [] : [{ ...nothingElse, ...found }]).toMatchObject(
      expected === undefined ? [] : [{ kind: "pending", ...nothingElse, ...expected }],
    );
  });

  it.each<[says: string, snapshot: Parameters<typeof aSnapshot>[0], found: number]>([
    [
      "leaves what waits for EC2's launch rate in a queue that was read",
      { attempts: [created(NOW - MINUTE)] },
      0,
    ],
    ["leaves what waits for it in one that could not be read", { unreadQueues: new Set([1]) }, 0],
    ["takes up what waits for it in one that is out of sight", {}, 1],
  ])("F-33: %s", async (_says, snapshot, found) => {
    const held = await ledgerWith(created(NOW - MINUTE), { ...stored, heldBy: "rate" });
    const one = await findPending(held, aSnapshot(snapshot), aJob(), yes, notes());
    expect(one === undefined ? 0 : 1).toBe(found);
  });

  it.each<[says: string, job: Partial<GitLabJob>, later: number, isOurs: boolean, expected: object]>([
    ["pending for 15 s", { queuedSeconds: 15 }, 0, true, { isNew: true, young: 0 }],
    ["pending for less", { queuedSeconds: 14.9 }, 0, true, { isNew: undefined, young: 1 }],
    ["pending for less, and looked at again", { queuedSeconds: 14 }, SECOND, true, { isNew: true, young: 0 }],
    ["created long ago, pending for less", { createdAt: 0, queuedSeconds: 1 }, 0, true, { young: 1 }],
    ["of a server that does not say since when", {}, 0, true, { isNew: undefined, young: 1 }],
    ["of such a server, and looked at again", {}, 15 * SECOND, true, { isNew: true, young: 0 }],
    ["another's, pending for 15 s", { queuedSeconds: 15 }, 0, false, { isNew: undefined, young: 0 }],
    ["another's, pending for less", { queuedSeconds: 1 }, 0, false, { isNew: undefined, young: 0 }],
  ])("F-1: that nobody told of: %s", async (_says, job, later, isOurs, expected) => {
    const noted = notes();
    const snapshot = aSnapshot({ now: NOW + later });
    const found = await findPending(fakeLedger(), snapshot, aJob(job), async () => isOurs, noted);
    expect({ isNew: found?.isNew, young: noted.young.size }).toMatchObject(expected);
  });

  it("I-25: whose attempts are used up is not read again", async () => {
    const failed = { ...spent(3, 0), state: "FAILED" as const, times: { FAILED: 0 } };
    const noted = notes();
    expect(await findPending(await ledgerWith(failed), aSnapshot(), aJob(), yes, noted)).toBeUndefined();
    expect([...noted.usedUp]).toEqual([usedUpKey(aJob())]);
    await findPending(await ledgerWith(spent(1, AGO), gone(AGO)), aSnapshot(), aJob(), yes, noted);
    expect(noted.usedUp.size).toBe(1);
  });

  it.each([
    ["pending", undefined, true],
    ["pending", 9001, false],
    ["running", undefined, false],
  ])("counts as unassigned: %s, runner %s: %s", (status, runnerId, expected) => {
    expect(isUnassigned(aJob({ status, ...defined({ runnerId }) }))).toBe(expected);
  });
});

describe("a job that the snapshot alone shows to be met", () => {
  const isMet = (patch: Partial<Snapshot>): boolean =>
    isClearlyMet(aSnapshot(patch), indexOf(aSnapshot(patch)), aJob());

  it.each<[string, Partial<Snapshot>, boolean]>([
    ["waits in the queue", { waiting: [anAttempt({ state: "WAITING" })] }, true],
    ["has a launched runner", { attempts: [created(0)], runners: [aRunner()] }, true],
    ["has a runner that is not launched", { attempts: [created(0)], runners: [stored] }, false],
    ["has a runner that is not open any more", { attempts: [created(0)] }, false],
    ["has a claim alone", { attempts: [claimed(NOW)] }, false],
    ["is known to nobody", { runners: [aRunner()] }, false],
    [
      "goes by its last attempt, in whichever order they come",
      {
        attempts: [{ ...created(0), attempt: 2, runnerId: 9002 }, created(0)],
        runners: [aRunner(), without(aRunner({ runnerId: 9002 }))],
      },
      false,
    ],
    [
      "goes by its last attempt, in the other order, too",
      {
        attempts: [created(0), { ...created(0), attempt: 2, runnerId: 9002 }],
        runners: [aRunner(), without(aRunner({ runnerId: 9002 }))],
      },
      false,
    ],
  ])("%s", (_, patch, expected) => {
    expect(isMet(patch)).toBe(expected);
  });
});

it.each<[Partial<StartedRunner>, boolean]>([
  [{ provider: "EC2", heldBy: "rate" }, true],
  [{ provider: "LAMBDA", heldBy: "rate" }, false],
  [{ provider: "EC2", heldBy: "capacity" }, false],
])("F-33: %j waits for EC2's launch rate: %s", (patch, expected) => {
  expect(waitsForLaunchRate(aRunner(patch))).toBe(expected);
});
