import type { Runner, StartedRunner } from "../../../../Core/model/ledger";
import { fakeClock, fakeLedger, fakeMicroVms } from "../../testing/fakes";
import { aClass, anAttempt, anOrder, aRunner, NOW } from "../../testing/fakes/items";
import { keepIfFailed } from "./keep-failed";

const MINUTE = 60_000;

const ORDER = anOrder({
  onProtectedRef: false,
  runnerClass: aClass({ name: "vm", type: "MICROVM", keepOnFailureMinutes: 20 }),
});

/** Of a job that has ended, with its VM. */
const ending = (patch: Partial<StartedRunner> = {}): Runner =>
  aRunner({
    provider: "MICROVM",
    state: "ENDING",
    reason: "job-ended",
    resourceId: "microvm-1",
    order: ORDER,
    ...patch,
  });

const kept = async (
  runner: Runner,
  outcome: "failed" | "success" = "failed",
  suspend = jest.fn(async () => {}),
  ranBy = ORDER,
) => {
  const ledger = fakeLedger();
  const { jobId } = runner;
  await ledger.commit([{ put: anAttempt({ jobId, state: "ENDED", outcome, order: ranBy }) }]);
  const microVms = { ...fakeMicroVms(), suspend };
  const until = await keepIfFailed({ ledger, clock: fakeClock(NOW), microVms }, runner);
  return { until, suspended: suspend.mock.calls };
};

describe("the VM of a failed job", () => {
  it("is suspended for as long as its class says", async () => {
    expect(await kept(ending())).toEqual({ until: NOW + 20 * MINUTE, suspended: [["microvm-1"]] });
  });

  it.each<[string, Partial<StartedRunner>]>([
    ["the ref is protected", { order: { ...ORDER, onProtectedRef: true } }],
    ["its class does not ask for it", { order: { ...ORDER, runnerClass: aClass({ type: "MICROVM" }) } }],
    ["its job was reassigned", { reason: "job-reassigned" }],
    ["it is gone", { state: "GONE" }],
    ["it is an instance", { provider: "EC2" }],
  ])("T-35: is not kept where %s", async (_, patch) => {
    expect(await kept(ending(patch))).toEqual({ until: undefined, suspended: [] });
  });

  it("is suspended for no longer than the class of the job says that ran on it", async () => {
    const shorter = { ...ORDER, runnerClass: aClass({ type: "MICROVM", keepOnFailureMinutes: 5 }) };
    expect((await kept(ending(), "failed", undefined, shorter)).until).toBe(NOW + 5 * MINUTE);
  });

  it("T-35: is not kept where GitLab does not tell whether the ref is protected", async () => {
    const { onProtectedRef: _, ...order } = ORDER;
    expect(await kept(ending({ order }))).toEqual({ until: undefined, suspended: [] });
  });

  it("is not kept of a job that succeeded, nor where Lambda refuses to suspend it", async () => {
    expect((await kept(ending(), "success")).until).toBeUndefined();
    jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const refuses = jest.fn(() => Promise.reject(new Error("no")));
    expect((await kept(ending(), "failed", refuses)).until).toBeUndefined();
    jest.restoreAllMocks();
  });
});
