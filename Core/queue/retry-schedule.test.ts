import type { OrderedAttempt, Runner } from "../model/ledger";
import {
  claimDueAt,
  isClaimDue,
  isLaunchDue,
  isNextAttemptDue,
  isRecent,
  isRepeat,
  isTooEarly,
  isWithin,
  launchDueAt,
  nextAttemptAt,
  retryAt,
} from "./retry-schedule";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 25, 12);

const anAttempt = (patch: Partial<OrderedAttempt> = {}): OrderedAttempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  state: "CLAIMED",
  classKey: "EC2#default",
  order: {
    jobId: 7,
    projectId: 1,
    jobName: "build",
    tags: [],
    queuedAt: NOW,
    runnerClass: { name: "default", type: "EC2", lifetimeSeconds: 1, waitTimeoutSeconds: 1, maxRunners: 1 },
    verified: true,
  },
  times: {},
  ...patch,
});

describe("a time", () => {
  it.each([
    ["this moment", NOW, true],
    ["just within", NOW - MINUTE + 1, true],
    ["just too long ago", NOW - MINUTE, false],
    ["from the future, so from another machine's clock", NOW + 1, false],
    ["none", undefined, false],
  ])("I-33: is so short ago: %s", (_, time, expected) => {
    expect(isWithin(MINUTE, time, NOW)).toBe(expected);
  });

  it("is recent for 45 seconds, in which an event may be under way", () => {
    expect([44_999, 45_000].map((ago) => isRecent(NOW - ago, NOW))).toEqual([true, false]);
  });
});

describe("the attempt after one that failed", () => {
  const failed = (attempt: number, patch: Partial<OrderedAttempt> = {}): OrderedAttempt =>
    anAttempt({ attempt, times: { FAILED: NOW }, ...patch });

  it("F-26: is opened after one minute, then after four, at once where its machine ran", () => {
    expect([1, 2].map((attempt) => retryAt(failed(attempt)) - NOW)).toEqual([MINUTE, 4 * MINUTE]);
    expect(retryAt(failed(1, { times: { LAUNCHED: NOW - 1, FAILED: NOW } }))).toBe(0);
    expect(
      retryAt(failed(1, { times: { LAUNCHED: NOW - 1, FAILED: NOW }, installFailure: "no-download" })),
    ).toBe(NOW + MINUTE);
    expect(retryAt(anAttempt())).toBe(0);
  });

  it("comes no sooner than 45 seconds after the last change of attempt and runner", () => {
    const ended = anAttempt({ times: { LAUNCHED: NOW - HOUR, FAILED: NOW - MINUTE } });
    const runner: Runner = {
      kind: "runner",
      runnerId: 9001,
      version: 1,
      state: "GONE",
      jobId: 7,
      attempt: 1,
      launchedFor: { jobId: 7, attempt: 1 },
      order: ended.order,
      classKey: ended.classKey,
      provider: "EC2",
      nonce: "n",
      launchRound: 0,
      times: { GONE: NOW },
    };
    expect(nextAttemptAt(ended, runner)).toBe(NOW + 45 * SECOND);
    expect(nextAttemptAt(ended, undefined)).toBe(NOW - 15 * SECOND);
    expect([44, 45].map((s) => isNextAttemptDue([ended, runner], NOW + s * SECOND))).toEqual([false, true]);
  });
});

describe("a launch that was refused", () => {
  const refused = (dispatched?: number, patch: Partial<OrderedAttempt> = {}): OrderedAttempt =>
    anAttempt({
      times: { CREATED: NOW },
      ...(dispatched === undefined ? {} : { dispatchedAt: NOW + dispatched * MINUTE }),
      ...patch,
    });

  it.each([
    [undefined, 1],
    [1, 3],
    [3, 9],
    [9, 27],
  ])("I-25: that was last tried after %p minutes is tried after %p", (last, next) => {
    expect(launchDueAt(refused(last)) - NOW).toBe(next * MINUTE);
    const due = [next * MINUTE - 1, next * MINUTE].map((after) => isLaunchDue(refused(last), NOW + after));
    expect(due).toEqual([false, true]);
  });

  it("is tried at once from EC2's queue, and then grows less", () => {
    expect(launchDueAt(refused(undefined, { waitingFor: "launch-rate" }))).toBe(0);
    expect(launchDueAt(refused(2, { waitingFor: "launch-rate" })) - NOW).toBe(5 * MINUTE);
  });

  it("I-33: is not delayed by a try that is in the future", () => {
    expect([-1, 0].map((after) => isLaunchDue(refused(1), NOW + MINUTE + after))).toEqual([true, false]);
  });

  it("waits for nothing where there is no runner yet", () => {
    expect([launchDueAt(anAttempt()), isLaunchDue(anAttempt(), NOW)]).toEqual([0, true]);
  });
});

describe("a claim whose start stopped", () => {
  it.each([
    [1, 45],
    [2, 8 * 45],
    [3, 64 * 45],
    [4, 64 * 45],
  ])("I-21: of attempt %i is taken over after %i seconds", (attempt, seconds) => {
    const claimed = anAttempt({ attempt, times: { CLAIMED: NOW } });
    expect(claimDueAt(claimed) - NOW).toBe(seconds * SECOND);
    expect([-1, 0].map((after) => isClaimDue(claimed, NOW + seconds * SECOND + after))).toEqual([
      false,
      true,
    ]);
  });

  it("has been put again when that came after the claim", () => {
    const claimed = { times: { CLAIMED: NOW } };
    expect(
      [NOW - 1, NOW, NOW + 1].map((at) => isRepeat(anAttempt({ ...claimed, dispatchedAt: at }))),
    ).toEqual([false, false, true]);
    expect(isRepeat(anAttempt(claimed))).toBe(false);
    expect(isRepeat(anAttempt({ dispatchedAt: NOW }))).toBe(false);
  });
});

it.each([
  [undefined, false],
  [NOW, false],
  [NOW + 1, true],
  [NOW + 2 * HOUR, true],
  // No GitLab asks for so much.
  [NOW + 2 * HOUR + 1, false],
])("I-33: GitLab asked to wait until %p, which is not over: %p", (notBefore, expected) => {
  expect(isTooEarly(anAttempt(notBefore === undefined ? {} : { notBefore }), NOW)).toBe(expected);
});
