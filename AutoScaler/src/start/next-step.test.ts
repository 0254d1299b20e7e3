import { type Attempt, isSpent, type OrderedAttempt, type Runner } from "../../../Core/model/ledger";
import { anAttempt, aRunner, NOW } from "../testing/fakes/items";
import { nextStep } from "./next-step";

const lease = { kind: "start", holder: "1", until: NOW + 1 } as const;
const expired = { kind: "start", holder: "1", until: NOW } as const;
const without = (runner: Runner): Runner => {
  const { resourceId: _, ...rest } = runner;
  return rest;
};

type Row = [string, readonly Attempt[], Runner | undefined, object];

const failed = (attempt: number, at: number, more: Partial<OrderedAttempt> = {}) =>
  anAttempt({ attempt, state: "FAILED", times: { FAILED: at }, ...more });

const ROWS: readonly Row[] = [
  [
    "opens the first attempt of a job that nobody knows",
    [],
    undefined,
    { kind: "open", number: { attempt: 1 }, proof: [] },
  ],
  [
    "I-7: does nothing for a job that ran",
    [anAttempt({ state: "RUNNING" })],
    aRunner({ state: "GONE" }),
    { kind: "nothing" },
  ],
  [
    "I-7: does nothing for a job that ended",
    [anAttempt({ state: "ENDED" })],
    aRunner({ state: "GONE" }),
    { kind: "nothing" },
  ],
  ["claims an attempt that waits", [anAttempt({ state: "WAITING" })], undefined, { kind: "claim" }],
  [
    "I-2: leaves a claim alone while it is leased",
    [anAttempt({ state: "CLAIMED", lease })],
    undefined,
    { kind: "nothing" },
  ],
  [
    "I-21: takes a claim over whose lease expired",
    [anAttempt({ state: "CLAIMED", lease: expired })],
    undefined,
    { kind: "take-over" },
  ],
  [
    "I-21: takes a claim over whose lease was released",
    [anAttempt({ state: "CLAIMED" })],
    undefined,
    { kind: "take-over" },
  ],
  [
    "resumes a stored runner that was not launched",
    [anAttempt({ state: "CREATED" })],
    without(aRunner()),
    { kind: "resume" },
  ],
  ["resumes a runner that a swap brought unlaunched", [anAttempt()], without(aRunner()), { kind: "resume" }],
  [
    "I-2: leaves a stored runner alone while it is leased",
    [anAttempt({ state: "CREATED" })],
    without(aRunner({ lease })),
    { kind: "nothing" },
  ],
  ["does nothing for a launched runner", [anAttempt()], aRunner(), { kind: "nothing", reason: "launched" }],
  [
    "does nothing for a runner busy with the job",
    [anAttempt()],
    aRunner({ state: "BUSY", busyJobId: 7 }),
    { kind: "nothing", reason: "met" },
  ],
  [
    "P-1: opens the next attempt when the runner is busy with another job",
    [anAttempt()],
    aRunner({ state: "BUSY", busyJobId: 8 }),
    { kind: "open", number: { attempt: 2 } },
  ],
  [
    "opens the next attempt when the runner is ending",
    [anAttempt()],
    aRunner({ state: "ENDING" }),
    { kind: "open", number: { attempt: 2 } },
  ],
  [
    "opens the next attempt when the runner is gone",
    [anAttempt()],
    aRunner({ state: "GONE" }),
    { kind: "open", number: { attempt: 2 } },
  ],
  ["F-26: waits a minute after the first failure", [failed(1, NOW - 59_999)], undefined, { kind: "nothing" }],
  [
    "opens the second attempt a minute after the first failed",
    [failed(1, NOW - 60_000)],
    undefined,
    { kind: "open", number: { attempt: 2 } },
  ],
  [
    "F-79: waits a minute after a machine that could not install what its image lacks: its repository may be down",
    [
      failed(1, NOW - 59_999, {
        times: { LAUNCHED: NOW - 120_000, FAILED: NOW - 59_999 },
        installFailure: "no-packages",
      }),
    ],
    aRunner({ state: "GONE" }),
    { kind: "nothing", reason: "failed-lately" },
  ],
  [
    "F-26: waits four minutes after the second failure",
    [failed(1, 0), failed(2, NOW - 239_999)],
    undefined,
    { kind: "nothing" },
  ],
  [
    "opens the third attempt four minutes after the second failed",
    [failed(1, 0), failed(2, NOW - 240_000)],
    undefined,
    { kind: "open", number: { attempt: 3 } },
  ],
  [
    "opens the next attempt at once when the failed one had been launched",
    [anAttempt({ state: "FAILED", times: { LAUNCHED: NOW, FAILED: NOW } })],
    aRunner({ state: "GONE" }),
    { kind: "open", number: { attempt: 2 } },
  ],
  [
    "F-36: uses three attempts up and says so",
    [anAttempt({ attempt: 3 })],
    aRunner({ state: "GONE" }),
    { kind: "exhausted" },
  ],
  [
    "I-1: does not count attempts whose runner another job took",
    [anAttempt({ attempt: 4, reassigned: 2 })],
    aRunner({ state: "GONE", busyJobId: 8 }),
    { kind: "open", number: { attempt: 5, reassigned: 3 } },
  ],
  [
    "F-36: counts those that came to nothing among them",
    [anAttempt({ attempt: 5, reassigned: 2 })],
    aRunner({ state: "GONE" }),
    { kind: "exhausted" },
  ],
  [
    "opens fifty attempts at most, whoever took their runners",
    [anAttempt({ attempt: 50, reassigned: 49 })],
    aRunner({ state: "GONE", busyJobId: 8 }),
    { kind: "exhausted" },
  ],
  [
    "F-31: opens none after one that no provider took for hours",
    [failed(1, 0, { isLast: true })],
    undefined,
    { kind: "nothing", reason: "attempts-used-up" },
  ],
  ["F-36: says it once", [failed(3, 0)], undefined, { kind: "nothing", reason: "attempts-used-up" }],
  [
    "does nothing for an attempt whose runner cannot be read",
    [anAttempt({ state: "CREATED" })],
    undefined,
    { kind: "nothing" },
  ],
];

describe("nextStep", () => {
  it.each(ROWS)("%s", (_title, attempts, runner, expected) => {
    expect(nextStep(attempts, runner, NOW)).toMatchObject(expected);
  });

  const gone = aRunner({ state: "GONE" });
  it.each<[string, readonly Attempt[], Runner | undefined, number, object]>([
    ["used up and reported", [failed(3, NOW)], undefined, 3, { kind: "open", number: { attempt: 4 } }],
    ["used up and not reported yet", [anAttempt({ attempt: 3 })], gone, 3, { number: { attempt: 4 } }],
    ["the last one by EC2's refusals", [failed(1, 0, { isLast: true })], undefined, 1, { kind: "open" }],
    ["failed a moment ago", [failed(1, NOW)], undefined, 1, { kind: "open", number: { attempt: 2 } }],
    ["not the last one any more", [failed(4, NOW)], undefined, 3, { kind: "nothing" }],
    ["the fiftieth", [failed(50, 0)], undefined, 50, { kind: "nothing", reason: "attempts-used-up" }],
    ["under way", [anAttempt({ attempt: 3, state: "CLAIMED", lease })], undefined, 3, { kind: "nothing" }],
    ["met", [anAttempt({ attempt: 3 })], aRunner(), 3, { kind: "nothing", reason: "launched" }],
  ])("F-36: asked for one more after an attempt that is %s", (_title, attempts, runner, again, expected) => {
    expect(nextStep(attempts, runner, NOW, again)).toMatchObject(expected);
  });

  it("trace 4: names what proves the attempt before spent", () => {
    const attempt = anAttempt();
    const runner = aRunner({ state: "GONE" });
    expect(nextStep([attempt], runner, NOW)).toMatchObject({ proof: [attempt, runner] });
    expect(isSpent(attempt, runner)).toBe(true);
  });
});
