import type { RunnerProvider } from "../ports";
import { fakeLedger } from "../testing/fakes";
import { NOW } from "../testing/fakes/items";
import { detailOf, type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";
import {
  isHeld,
  LAUNCH_RATE_RECORDS,
  type LaunchRate,
  nextLaunchRate,
  readLaunchRate,
  recordRefusal,
} from "./launch-rate";

const REFILL_PER_SECOND = 2;

/** EC2 with a token bucket of that capacity. */
const bucketOf = (system: TestSystem, size: number) => {
  let tokens = size;
  let refilledAt = system.clock.now();
  const counted = { calls: 0 };
  const ec2: RunnerProvider = {
    ...system.ec2,
    launch: async (runner) => {
      counted.calls += 1;
      const now = system.clock.now();
      tokens = Math.min(size, tokens + ((now - refilledAt) * REFILL_PER_SECOND) / 1_000);
      refilledAt = now;
      if (tokens < 1) return { kind: "refused", refusal: "rate", message: "RequestLimitExceeded" };
      tokens -= 1;
      return system.ec2.launch(runner);
    },
  };
  return { ec2, counted };
};

const aLaunchRate = (patch: Partial<LaunchRate> = {}): LaunchRate => ({
  since: NOW,
  lastRefusedAt: NOW,
  perSecond: 2,
  refused: 0,
  ...patch,
});

describe("EC2's launch rate", () => {
  it("the first refusal alone is told as the first, by whoever stored it", async () => {
    const ledger = fakeLedger();
    expect(await recordRefusal(ledger, "EC2", NOW)).toBe(true);
    expect(await recordRefusal(ledger, "EC2", NOW + 1_000)).toBe(false);
    const overtaken = { ...fakeLedger(), commit: async () => false };
    expect(await recordRefusal(overtaken, "EC2", NOW)).toBe(false);
  });

  it("I-25: is recorded once a second, however many calls are refused", async () => {
    const ledger = fakeLedger();
    for (let call = 0; call < 50; call += 1) await recordRefusal(ledger, "EC2", NOW + call * 15);
    expect(ledger.writes).toBe(1);
    await recordRefusal(ledger, "EC2", NOW + 1_000);
    expect((await readLaunchRate(ledger, "EC2")).launchRate).toEqual(
      aLaunchRate({ lastRefusedAt: NOW + 1_000, refused: 2 }),
    );
  });

  it("holds jobs that were not dispatched since it began", () => {
    expect(isHeld(undefined, undefined)).toBe(false);
    expect(isHeld(aLaunchRate(), undefined)).toBe(true);
    expect(isHeld(aLaunchRate(), NOW - 1)).toBe(true);
    expect(isHeld(aLaunchRate(), NOW)).toBe(false);
  });

  it.each([
    null,
    "slow",
    { since: NOW, lastRefusedAt: NOW, release: 120 },
    aLaunchRate({ perSecond: Number.NaN }),
  ])("I-24: reads %j as no launch rate, so that nothing is held for ever", async (value) => {
    const ledger = fakeLedger();
    await ledger.commit([{ stateRecord: { name: LAUNCH_RATE_RECORDS.EC2, version: 1, value } }]);
    expect(await readLaunchRate(ledger, "EC2")).toEqual({ version: 1 });
  });

  it.each([
    ["a tenth faster while nothing is refused", 0, 2.2],
    ["slower by what was refused", 12, 1.8],
    ["never standing still", 600, 0.2],
  ])("F-33: is %s", (_, refused, perSecond) => {
    const next = nextLaunchRate(aLaunchRate({ refused }), "EC2", true, NOW + 60_000);
    expect(next).toEqual(aLaunchRate({ perSecond: expect.closeTo(perSecond), refused: 0 }));
  });

  it("ends when no job is held and nothing was refused for a minute", () => {
    expect(nextLaunchRate(aLaunchRate(), "EC2", true, NOW + 3_600_000)).toBeDefined();
    expect(nextLaunchRate(aLaunchRate(), "EC2", false, NOW + 59_999)).toBeDefined();
    expect(nextLaunchRate(aLaunchRate(), "EC2", false, NOW + 60_000)).toBeUndefined();
  });

  it.each([300, 120, 20, 5])(
    "I-26 L-4 F-33: starts 300 jobs at EC2's rate, with a bucket of %i and two a second, at 1.3 calls each",
    async (bucket) => {
      const JOBS = 300;
      const system = testSystem({
        totalLimit: JOBS,
        classLimit: JOBS,
        ec2: { waitTimeoutSeconds: 86_400, lifetimeSeconds: 86_400 },
      });
      system.gitLab.pageSize = JOBS;
      const { ec2, counted } = bucketOf(system, bucket);
      const run = workflows(system.dependencies, { lambda: system.lambda, ec2 }, system.routing);
      const begun = system.clock.now();
      const deliverAll = async (): Promise<void> => {
        for (
          let events = system.bus.events.splice(0);
          events.length > 0;
          events = system.bus.events.splice(0)
        )
          for (const event of events) await run.deliver(detailOf(event));
      };
      for (let id = 1; id <= JOBS; id += 1)
        await run.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"], createdAt: begun + id })));
      const seconds = (): number => (system.clock.now() - begun) / 1_000;
      while (system.ec2.launched.size < JOBS && seconds() < 3_600) {
        await deliverAll();
        if (system.ec2.launched.size === JOBS) break;
        system.clock.advance(60_000 - ((system.clock.now() - begun) % 60_000));
        await run.reconcile();
      }
      const bound = (JOBS - bucket) / REFILL_PER_SECOND;
      // A tenth sooner: the bucket fills again while a burst empties it.
      expect(seconds()).toBeGreaterThanOrEqual(bound * 0.9);
      // The learnt rate stays a little below EC2's, and the first pass comes within a minute.
      expect(seconds()).toBeLessThanOrEqual(bound * 1.15 + 60);
      // F-33's bar, as in the title.
      expect(counted.calls / JOBS).toBeLessThanOrEqual(1.3);
      expect(system.gitLab.created).toHaveLength(JOBS);
    },
    60_000,
  );
});
