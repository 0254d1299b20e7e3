import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  ATTEMPT_STATES,
  ATTEMPT_TRANSITIONS,
  type Attempt,
  type AttemptState,
  advanceAttempt,
  advanceRunner,
  isLastAttempt,
  isLeased,
  isOfProject,
  isQueued,
  isReassigned,
  isRunnerOf,
  isSpent,
  isUsedUp,
  lastAttempts,
  lastChange,
  MAX_ATTEMPTS,
  MAX_ATTEMPTS_IN_ALL,
  mayBecome,
  type OrderedAttempt,
  RUNNER_STATES,
  RUNNER_TRANSITIONS,
  type Runner,
  type StartedRunner,
  touch,
  ttlAfter,
} from "./ledger";
import type { RunnerOrder } from "./runner-order";

const NOW = Date.UTC(2026, 10, 25, 12);

const order: RunnerOrder = {
  jobId: 7,
  projectId: 1,
  jobName: "build",
  tags: [],
  queuedAt: NOW,
  runnerClass: {
    name: "default",
    type: "LAMBDA",
    lifetimeSeconds: 900,
    waitTimeoutSeconds: 60,
    maxRunners: 5,
  },
  verified: true,
};
const attempt = (patch: Partial<OrderedAttempt> = {}): OrderedAttempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 4,
  state: "CLAIMED",
  order,
  classKey: "LAMBDA#default",
  times: {},
  ...patch,
});
const runner = (patch: Partial<StartedRunner> = {}): StartedRunner => ({
  kind: "runner",
  runnerId: 9,
  version: 2,
  state: "STARTING",
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  order,
  classKey: "LAMBDA#default",
  provider: "LAMBDA",
  nonce: "n",
  launchRound: 0,
  times: {},
  ...patch,
});

/** The table under a marker of docs/protocol.md. */
const documented = (marker: string): Record<string, string[]> => {
  const page = readFileSync(join(__dirname, "../../docs/protocol.md"), "utf8");
  const table = page.slice(page.indexOf(`<!-- ${marker}`)).split("\n\n")[1] ?? "";
  const rows = table
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return Object.fromEntries(rows.map(([, from = "", to = ""]) => [from, to === "" ? [] : to.split(", ")]));
};

describe("the transition tables", () => {
  it("are the ones that docs/protocol.md shows", () => {
    expect(documented("attempt transitions")).toEqual(ATTEMPT_TRANSITIONS);
    expect(documented("runner transitions")).toEqual(RUNNER_TRANSITIONS);
  });

  it("I-7: lead nowhere from an end, and never from RUNNING to FAILED", () => {
    expect(ATTEMPT_TRANSITIONS.ENDED).toEqual([]);
    expect(RUNNER_TRANSITIONS.GONE).toEqual([]);
    expect(ATTEMPT_TRANSITIONS.RUNNING).not.toContain("FAILED");
  });

  it("I-21: lead from every state to an end", () => {
    const ends = (table: Record<string, readonly string[]>, from: string): boolean =>
      table[from]?.length === 0 || (table[from] ?? []).some((to) => ends({ ...table, [from]: [] }, to));
    expect(ATTEMPT_STATES.every((state) => ends(ATTEMPT_TRANSITIONS, state))).toBe(true);
    expect(RUNNER_STATES.every((state) => ends(RUNNER_TRANSITIONS, state))).toBe(true);
  });
});

describe("advance", () => {
  it("raises the version and keeps the time of each state", () => {
    const next = advanceAttempt(attempt({ times: { CLAIMED: 5 } }), "CREATED", NOW, { runnerId: 9 });
    expect(next).toMatchObject({
      version: 5,
      state: "CREATED",
      runnerId: 9,
      times: { CLAIMED: 5, CREATED: NOW },
    });
    expect(next).not.toHaveProperty("ttl");
  });

  it.each(["ENDED", "FAILED"] as const)("lets an attempt go 30 days after it %s", (state) => {
    expect(advanceAttempt(attempt(), state, NOW).ttl).toBe(NOW / 1000 + 30 * 86_400);
  });

  it("takes fields away that are set to undefined", () => {
    const claimed = attempt({
      lease: { kind: "start", holder: "a", until: 1 },
      slot: { stackShard: 1, classShard: 1 },
    });
    const next = advanceAttempt(claimed, "CREATED", NOW, { lease: undefined, slot: undefined });
    expect(Object.keys(next)).not.toEqual(expect.arrayContaining(["lease"]));
    expect(next).not.toHaveProperty("slot");
    expect(claimed).toHaveProperty("lease");
  });

  /** What a call is refused with. Undefined: it is not. */
  const refusalOf = (call: () => unknown): string | undefined => {
    try {
      call();
      return undefined;
    } catch (error) {
      return String(error);
    }
  };

  it("I-7: goes nowhere that the table does not allow, whatever is tried", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ATTEMPT_STATES), { maxLength: 12 }), (tries) => {
        let current = attempt({ state: "WAITING" });
        const seen: AttemptState[] = ["WAITING"];
        // A claim may go back in the queue, but never from beyond.
        let taken = 1;
        for (const to of tries) {
          const from = current;
          const refusal = mayBecome(from, to) ? undefined : `no transition from ${from.state} to ${to}`;
          expect(refusalOf(() => advanceAttempt(from, to, NOW))).toEqual(
            refusal === undefined ? undefined : expect.stringContaining(refusal),
          );
          if (refusal !== undefined) continue;
          current = advanceAttempt(from, to, NOW);
          const isBackInLine = ["WAITING", "CLAIMED"].includes(to) && seen.length === taken;
          if (isBackInLine) taken += 1;
          expect(isBackInLine || !seen.includes(to)).toBe(true);
          seen.push(to);
        }
      }),
    );
  });

  it("I-7: moves a runner by its table alone, and lets it go 30 days after GONE", () => {
    expect(() => advanceRunner(runner({ state: "GONE" }), "BUSY", NOW)).toThrow(
      "no transition from GONE to BUSY",
    );
    const busy = advanceRunner(runner({ times: { STARTING: 5 } }), "BUSY", NOW);
    expect(busy).not.toHaveProperty("ttl");
    expect(busy.times).toEqual({ STARTING: 5, BUSY: NOW });
    expect(advanceRunner(runner(), "GONE", NOW)).toMatchObject({
      state: "GONE",
      version: 3,
      ttl: ttlAfter(NOW),
    });
  });

  it("touches an item in its state", () => {
    expect(touch(runner(), { reason: "no-job" })).toMatchObject({
      state: "STARTING",
      version: 3,
      reason: "no-job",
    });
  });
});

describe("isSpent", () => {
  it.each<[string, Attempt, Runner | undefined, boolean]>([
    ["a failed attempt", attempt({ state: "FAILED" }), undefined, true],
    ["an attempt without a runner", attempt(), undefined, false],
    ["one whose runner starts", attempt(), runner(), false],
    ["one whose runner has its job", attempt(), runner({ state: "BUSY", busyJobId: 7 }), false],
    ["one whose runner has another job", attempt(), runner({ state: "BUSY", busyJobId: 8 }), true],
    ["one whose runner is ending", attempt(), runner({ state: "ENDING" }), true],
    ["one whose runner is gone", attempt(), runner({ state: "GONE" }), true],
  ])("%s", (_title, item, its, expected) => {
    expect(isSpent(item, its)).toBe(expected);
  });
});

describe("isLeased", () => {
  it("I-21: ends with its time", () => {
    const lease = { kind: "start", holder: "a", until: NOW } as const;
    expect([isLeased({}, NOW), isLeased({ lease }, NOW - 1), isLeased({ lease }, NOW)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe("a job's attempts", () => {
  it("I-2: follow each other until three have failed, however many runners took another job, and fifty in all", () => {
    const last = (number: number, patch: object = {}) => isLastAttempt({ attempt: number, ...patch });
    expect([last(MAX_ATTEMPTS - 1), last(MAX_ATTEMPTS)]).toEqual([false, true]);
    expect([last(MAX_ATTEMPTS, { reassigned: 1 }), last(MAX_ATTEMPTS + 1, { reassigned: 1 })]).toEqual([
      false,
      true,
    ]);
    const reassigned = MAX_ATTEMPTS_IN_ALL;
    expect([
      last(MAX_ATTEMPTS_IN_ALL - 1, { reassigned }),
      last(MAX_ATTEMPTS_IN_ALL, { reassigned }),
    ]).toEqual([false, true]);
    expect([last(1, { isLast: true }), last(1, { isLast: false })]).toEqual([true, false]);
  });

  it("are used up when the last of them is spent, not before, and not by a runner that took another job", () => {
    const third = attempt({ attempt: MAX_ATTEMPTS });
    const gone = runner({ state: "GONE" });
    expect([isUsedUp(third, runner()), isUsedUp(third, gone), isUsedUp(attempt(), gone)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(isUsedUp(third, runner({ state: "GONE", busyJobId: 8 }))).toBe(false);
  });

  it("have lost their runner to another job where that is busy with one that is not theirs", () => {
    const all = [undefined, runner(), runner({ busyJobId: 7 }), runner({ busyJobId: 8 })];
    expect(all.map((one) => isReassigned(attempt(), one))).toEqual([false, false, false, true]);
  });

  it("are told by the last of each job, in whichever order they come", () => {
    const [first, second, other] = [attempt(), attempt({ attempt: 2 }), attempt({ jobId: 8 })];
    expect(lastAttempts([first, second, other])).toEqual([second, other]);
    expect(lastAttempts([second, first])).toEqual([second]);
  });

  it("last changed with the latest of their times", () => {
    const times = { CLAIMED: 5, CREATED: NOW, LAUNCHED: undefined as unknown as number };
    expect([lastChange({ times }), lastChange({ times: {} })]).toEqual([NOW, 0]);
  });

  it.each<[string, Partial<OrderedAttempt>, boolean]>([
    ["waiting", { state: "WAITING" }, true],
    ["created, and waiting to be launched", { state: "CREATED", waitingFor: "launch-rate" }, true],
    ["launched with another's runner, and waiting", { state: "LAUNCHED", waitingFor: "launch-rate" }, true],
    ["created, and waiting for nothing", { state: "CREATED" }, false],
    ["claimed", { state: "CLAIMED", waitingFor: "slot" }, false],
  ])("%s stand in the queue or not: %j", (_, patch, expected) => {
    expect(isQueued(attempt(patch))).toBe(expected);
  });

  it("I-14: are of one project, and so are its runners, but for those that were adopted", () => {
    const { order: _, ...plain } = attempt();
    const named = { ...plain, projectId: 1, jobName: "build" } as unknown as Attempt;
    for (const one of [attempt(), named])
      expect([1, 2].map((id) => isOfProject(one, id))).toEqual([true, false]);
    const adopted = { ...runner(), order: undefined, adopted: true } as unknown as Runner;
    expect([1, 2].map((id) => isRunnerOf(runner(), id))).toEqual([true, false]);
    expect([1, 2].map((id) => isRunnerOf(adopted, id))).toEqual([true, true]);
  });
});
