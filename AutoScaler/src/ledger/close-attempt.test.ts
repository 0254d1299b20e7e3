import type { OrderedAttempt } from "../../../Core/model/ledger";
import { anAttempt, NOW } from "../testing/fakes/items";
import { awaitsEnd, concernedAttempts, endAttempt } from "./close-attempt";

const FAILED = { projectId: 1, status: "failed", failureReason: "runner_system_failure", runnerId: 9001 };

/** What is stored of the attempt when GitLab ends its job. Undefined: nothing. */
const stored = (patch: Partial<OrderedAttempt>, job: Partial<typeof FAILED> = {}): unknown => {
  const [change] = endAttempt(anAttempt(patch), { ...FAILED, ...job }, NOW);
  return change && "put" in change ? change.put : undefined;
};

describe("GitLab's end of a job", () => {
  it("ends an attempt that is open, and says on which runner", () => {
    expect(stored({ state: "RUNNING" })).toMatchObject({
      state: "ENDED",
      outcome: "failed",
      ranOnRunnerId: 9001,
      times: { ENDED: NOW },
    });
  });

  it("gives an attempt that ended with its runner the outcome alone, and takes the loss from one that did not fail", () => {
    const lost = { state: "ENDED", reason: "spot-interruption", times: { ENDED: 5 } } as const;
    expect(stored(lost)).toMatchObject({
      outcome: "failed",
      reason: "spot-interruption",
      times: { ENDED: 5 },
    });
    const succeeded = stored(lost, { status: "success" });
    expect(succeeded).toMatchObject({ outcome: "success", times: { ENDED: 5 } });
    expect(succeeded).not.toHaveProperty("reason");
  });

  it("I-7: changes nothing of an attempt that has its outcome, nor of another project's", () => {
    const ended = anAttempt({ state: "ENDED", outcome: "success" });
    expect([stored(ended), awaitsEnd(ended)]).toEqual([undefined, false]);
    expect(stored({ state: "RUNNING" }, { projectId: 2 })).toBeUndefined();
  });

  it("is awaited by attempts that are open, and by one that ended without an outcome", () => {
    const states = ["WAITING", "CLAIMED", "CREATED", "LAUNCHED", "RUNNING", "ENDED", "FAILED"] as const;
    expect(states.filter((state) => awaitsEnd(anAttempt({ state })))).toEqual(states);
  });

  it("concerns all attempts but those that failed before the last one with another runner", () => {
    const attempts = [
      anAttempt({ attempt: 1, state: "FAILED", runnerId: 1 }),
      anAttempt({ attempt: 2, state: "FAILED", runnerId: 2 }),
      anAttempt({ attempt: 3, state: "FAILED", runnerId: 3 }),
    ];
    const concerned = (runnerId?: number) =>
      concernedAttempts(attempts, runnerId).map(({ attempt }) => attempt);
    expect([concerned(), concerned(2)]).toEqual([[3], [2, 3]]);
    const open = { ...attempts[0], state: "LAUNCHED" } as OrderedAttempt;
    expect(concernedAttempts([open, ...attempts.slice(1)], undefined)).toHaveLength(2);
  });
});
