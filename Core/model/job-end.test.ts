import { endOfJob, hasLivedOut } from "./job-end";
import type { Attempt, Runner } from "./ledger";
import { INSTANCE_DEATH_CODES, INTERRUPTION_CODES } from "./reasons";
import type { RunnerOrder } from "./runner-order";

const NOW = Date.UTC(2026, 10, 25, 12);
const LIFETIME = 600_000;
/** A runner interrupts its job a minute before its lifetime is over. */
const LIVED_OUT = LIFETIME - 60_000;

const order: RunnerOrder = {
  jobId: 7,
  projectId: 1,
  jobName: "build",
  tags: [],
  queuedAt: NOW,
  runnerClass: { name: "default", type: "EC2", lifetimeSeconds: 600, waitTimeoutSeconds: 60, maxRunners: 5 },
  verified: true,
};

const attempt = (patch: object = {}): Attempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  state: "ENDED",
  order,
  classKey: "EC2#default",
  outcome: "failed",
  times: { LAUNCHED: NOW, RUNNING: NOW + 1_000, ENDED: NOW + 2_000 },
  ...patch,
});
const runner = (patch: object = {}): Runner =>
  ({ kind: "runner", runnerId: 9, state: "GONE", order, times: { LAUNCHED: NOW }, ...patch }) as Runner;

const ranFor = (milliseconds: number) => ({
  times: { LAUNCHED: NOW, RUNNING: NOW + 1_000, ENDED: NOW + milliseconds },
});

describe("a failed job", () => {
  it.each([...INTERRUPTION_CODES, ...INSTANCE_DEATH_CODES, "runner-crashed"])(
    "ended with its instance, where the runner's end says %s",
    (reason) => {
      expect(endOfJob(attempt(), runner({ reason }))).toEqual({ code: "ended-with-instance", reason });
    },
  );

  it.each([
    ["as the runner's end says, however short it was", {}, runner({ reason: "lifetime-reached" })],
    ["of its runner's class", ranFor(LIVED_OUT), runner()],
    ["of its own class, where the runner is not known", ranFor(LIVED_OUT), undefined],
    ["of its own class, where the runner was adopted", ranFor(LIVED_OUT), runner({ order: undefined })],
    [
      "counted from the runner's launch, which was before its own",
      { times: { LAUNCHED: NOW + 100_000, RUNNING: NOW + 100_001, ENDED: NOW + LIVED_OUT } },
      runner(),
    ],
    [
      "of its runner's class, where its own allows more",
      {
        ...ranFor(LIVED_OUT),
        order: { ...order, runnerClass: { ...order.runnerClass, lifetimeSeconds: 900 } },
      },
      runner(),
    ],
  ])("ended at the lifetime %s", (_, patch, of) => {
    const end = { code: "ended-at-lifetime", reason: "lifetime-reached" };
    expect(endOfJob(attempt(patch), of)).toEqual(end);
  });

  it.each([
    ["its life was shorter", ranFor(LIVED_OUT - 1), runner()],
    ["its script failed", { ...ranFor(LIVED_OUT), failureReason: "script_failure" }, runner()],
    ["it did not fail", { ...ranFor(LIVED_OUT), outcome: "success" }, runner({ reason: "lifetime-reached" })],
    ["it never ran", { times: { LAUNCHED: NOW, ENDED: NOW + LIVED_OUT } }, runner()],
    ["its launch is not noted", { times: { RUNNING: NOW, ENDED: NOW + LIVED_OUT } }, runner({ times: {} })],
    ["its end is not noted", { times: { LAUNCHED: NOW, RUNNING: NOW } }, runner()],
    ["no class is known", { ...ranFor(LIVED_OUT), order: undefined }, runner({ order: undefined })],
  ])("just ended where %s", (_, patch, of) => {
    expect(endOfJob(attempt(patch), of)).toEqual({ code: "record-remaining" });
  });
});

it.each([
  ["ended", undefined],
  ["runner-ending", runner({ state: "ENDING" })],
  ["record-remaining", runner()],
  ["ended", runner({ recordDeletedAt: NOW })],
])("a job that succeeded is %s with a runner like that", (code, of) => {
  expect(endOfJob(attempt({ outcome: "success" }), of)).toEqual({ code });
});

it.each([
  [true, LIVED_OUT, {}],
  [false, LIVED_OUT - 1, {}],
  [false, LIFETIME, { times: {} }],
  [false, LIFETIME, { order: undefined }],
])("I-3: says %j of a runner's lifetime being over after %i ms, with %j", (isOver, after, patch) => {
  expect(hasLivedOut(runner(patch), NOW + after)).toBe(isOver);
});
