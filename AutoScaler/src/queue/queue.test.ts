import { aClass, anAttempt, anOrder, NOW } from "../testing/fakes/items";
import { byPriority, stillWaiting } from "./queue";

describe("an attempt that goes on waiting", () => {
  const waiting = anAttempt({ state: "WAITING", waitingFor: "slot", dispatchedAt: NOW });
  const { order } = waiting;

  it("stands as it is while class and cause are the same", () => {
    expect(stillWaiting(waiting, order, "slot")).toBeUndefined();
  });

  it.each([
    ["another cause", order, "budget"],
    ["another class", { ...order, runnerClass: aClass({ name: "big" }) }, "slot"],
  ] as const)("is dispatched anew with %s, in its old place", (_, next, waitingFor) => {
    const stored = stillWaiting(waiting, { ...next, queuedAt: NOW + 5 }, waitingFor);
    expect(stored).toMatchObject({
      waitingFor,
      classKey: `EC2#${next.runnerClass.name}`,
      version: waiting.version + 1,
    });
    expect(stored?.order.queuedAt).toBe(order.queuedAt);
    expect(stored).not.toHaveProperty("dispatchedAt");
  });

  it("for EC2's launch rate falls asleep again once it was dispatched", () => {
    const rate = anAttempt({ state: "WAITING", waitingFor: "launch-rate" });
    expect(stillWaiting(rate, order, "launch-rate")).toBeUndefined();
    expect(stillWaiting({ ...rate, dispatchedAt: NOW }, order, "launch-rate")).not.toHaveProperty(
      "dispatchedAt",
    );
  });
});

it("of one project the class with the higher priority goes first, then who became pending first", () => {
  const of = (jobId: number, queuedAt: number, priority?: number) =>
    anAttempt({
      jobId,
      order: anOrder({ jobId, queuedAt, runnerClass: aClass(priority === undefined ? {} : { priority }) }),
    });
  const sorted = [of(4, 1), of(3, 1), of(2, 0), of(1, 9, 5), of(5, 9, -1)].sort(byPriority);
  expect(sorted.map(({ jobId }) => jobId)).toEqual([1, 2, 3, 4, 5]);
});
