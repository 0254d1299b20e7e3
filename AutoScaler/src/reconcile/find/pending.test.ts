import { defined } from "../../../../Core/defined";
import type { Attempt, Runner, StartedRunner } from "../../../../Core/model/ledger";
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
  [
    "F-33: leaves what waits for EC2's launch rate",
    created(NOW - MINUTE),
    { ...stored, heldBy: "rate" },
    undefined,
  ],
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

  it.each(ROWS)("%s", async (_says, attempt, runner, expected) => {
    const found = await findPending(await ledgerWith(attempt, runner), aSnapshot(), aJob(), yes, new Set());
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject({ kind: "pending", ...expected });
    if (expected && !("dispatches" in expected)) expect(found).not.toHaveProperty("dispatches");
  });

  it("F-1: that nobody told of is found when its webhook should have come", async () => {
    const find = async (createdAt: number, seen: readonly string[] = [], isOurs = true) =>
      (
        await findPending(
          fakeLedger(),
          aSnapshot({ seen: new Set(seen) }),
          aJob({ createdAt }),
          async () => isOurs,
          new Set(),
        )
      )?.isNew;
    expect(await find(AGO)).toBe(true);
    expect(await find(AGO + 1)).toBeUndefined();
    expect(await find(AGO + 1, ["p7"])).toBe(true);
    expect(await find(AGO, [], false)).toBeUndefined();
  });

  it("I-25: whose attempts are used up is not read again", async () => {
    const failed = { ...spent(3, 0), state: "FAILED" as const, times: { FAILED: 0 } };
    const usedUp = new Set<string>();
    expect(await findPending(await ledgerWith(failed), aSnapshot(), aJob(), yes, usedUp)).toBeUndefined();
    expect([...usedUp]).toEqual([usedUpKey(aJob())]);
    await findPending(await ledgerWith(spent(1, AGO), gone(AGO)), aSnapshot(), aJob(), yes, usedUp);
    expect(usedUp.size).toBe(1);
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
