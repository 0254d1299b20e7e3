import { fakeLedger } from "./fakes";
import { NOW } from "./fakes/items";
import { detailOf, hook, type SmallWorld, smallWorld, workflows } from "./fakes/small-world";
import { isHeld, nextPace, noteRefusal, PACE_NOTE, type Pace, readPace } from "./pace";
import type { RunnerProvider } from "./ports";

const REFILL_PER_SECOND = 2;

/** EC2 with a bucket of calls that holds so many. */
const bucketOf = (small: SmallWorld, size: number) => {
  let tokens = size;
  let refilledAt = small.clock.now();
  const counted = { calls: 0 };
  const ec2: RunnerProvider = {
    ...small.ec2,
    launch: async (runner) => {
      counted.calls += 1;
      const now = small.clock.now();
      tokens = Math.min(size, tokens + ((now - refilledAt) * REFILL_PER_SECOND) / 1_000);
      refilledAt = now;
      if (tokens < 1) return { kind: "refused", refusal: "rate", message: "RequestLimitExceeded" };
      tokens -= 1;
      return small.ec2.launch(runner);
    },
  };
  return { ec2, counted };
};

const aPace = (patch: Partial<Pace> = {}): Pace => ({
  since: NOW,
  lastRefusedAt: NOW,
  perSecond: 2,
  refused: 0,
  ...patch,
});

describe("EC2's pace", () => {
  it("I-25: is noted once in a second, however many calls are refused", async () => {
    const ledger = fakeLedger();
    for (let call = 0; call < 50; call += 1) await noteRefusal(ledger, NOW + call * 15);
    expect(ledger.writes).toBe(1);
    await noteRefusal(ledger, NOW + 1_000);
    expect((await readPace(ledger)).pace).toEqual(aPace({ lastRefusedAt: NOW + 1_000, refused: 2 }));
  });

  it("holds what was not let go since it began", () => {
    expect(isHeld(undefined, undefined)).toBe(false);
    expect(isHeld(aPace(), undefined)).toBe(true);
    expect(isHeld(aPace(), NOW - 1)).toBe(true);
    expect(isHeld(aPace(), NOW)).toBe(false);
  });

  it.each([null, "slow", { since: NOW, lastRefusedAt: NOW, release: 120 }, aPace({ perSecond: Number.NaN })])(
    "I-24: reads %j as no pace, so that nothing is held for ever",
    async (value) => {
      const ledger = fakeLedger();
      await ledger.commit([{ note: { name: PACE_NOTE, version: 1, value } }]);
      expect(await readPace(ledger)).toEqual({ version: 1 });
    },
  );

  it.each([
    ["a tenth faster while nothing is refused", 0, 2.2],
    ["slower by what was refused", 12, 1.8],
    ["never standing still", 600, 0.2],
  ])("F-33: is %s", (_, refused, perSecond) => {
    const next = nextPace(aPace({ refused }), true, NOW + 60_000);
    expect(next).toEqual(aPace({ perSecond: expect.closeTo(perSecond), refused: 0 }));
  });

  it("is over when nobody is held and nothing was refused for a minute", () => {
    expect(nextPace(aPace(), true, NOW + 3_600_000)).toBeDefined();
    expect(nextPace(aPace(), false, NOW + 59_999)).toBeDefined();
    expect(nextPace(aPace(), false, NOW + 60_000)).toBeUndefined();
  });

  it.each([300, 120, 20, 5])(
    "I-26 L-4 F-33: starts 300 jobs on an EC2 with a bucket of %i and two a second at that pace, at 1.3 calls each",
    async (bucket) => {
      const JOBS = 300;
      const small = smallWorld({
        stackCap: JOBS,
        classCap: JOBS,
        ec2: { waitTimeoutSeconds: 86_400, lifetimeSeconds: 86_400 },
      });
      small.gitLab.pageSize = JOBS;
      const { ec2, counted } = bucketOf(small, bucket);
      const run = workflows(small.world, { lambda: small.lambda, ec2 }, small.routing);
      const begun = small.clock.now();
      const deliverAll = async (): Promise<void> => {
        for (let events = small.bus.events.splice(0); events.length > 0; events = small.bus.events.splice(0))
          for (const event of events) await run.deliver(detailOf(event));
      };
      for (let id = 1; id <= JOBS; id += 1)
        await run.start(hook(small.gitLab.addJob({ id, tags: ["ec2"], createdAt: begun + id })));
      const seconds = (): number => (small.clock.now() - begun) / 1_000;
      while (small.ec2.launched.size < JOBS && seconds() < 3_600) {
        await deliverAll();
        if (small.ec2.launched.size === JOBS) break;
        small.clock.advance(60_000 - ((small.clock.now() - begun) % 60_000));
        await run.sweep();
      }
      const bound = (JOBS - bucket) / REFILL_PER_SECOND;
      expect(seconds()).toBeGreaterThanOrEqual(bound * 0.9);
      expect(seconds()).toBeLessThanOrEqual(bound * 1.15 + 60);
      expect(counted.calls / JOBS).toBeLessThanOrEqual(1.3);
      expect(small.gitLab.created).toHaveLength(JOBS);
    },
    60_000,
  );
});
