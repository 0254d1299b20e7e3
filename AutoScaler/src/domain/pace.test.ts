import { fakeLedger } from "./fakes";
import { NOW } from "./fakes/items";
import { detailOf, hook, smallWorld, workflows } from "./fakes/small-world";
import { isHeld, noteRefusal, PACE_NOTE, readPace } from "./pace";
import type { RunnerProvider } from "./ports";
import { nextPace } from "./sweep/let-go";

describe("EC2's pace", () => {
  it("is noted once in five seconds, however many calls are refused", async () => {
    const ledger = fakeLedger();
    for (let call = 0; call < 50; call += 1) await noteRefusal(ledger, NOW + call * 90);
    expect(ledger.writes).toBe(1);
    await noteRefusal(ledger, NOW + 5_000);
    expect((await readPace(ledger)).pace).toEqual({ since: NOW, lastRefusedAt: NOW + 5_000, release: 120 });
  });

  it("holds what the sweep has not let go since it began", () => {
    const pace = { since: NOW, lastRefusedAt: NOW, release: 120 };
    expect(isHeld(undefined, undefined)).toBe(false);
    expect(isHeld(pace, undefined)).toBe(true);
    expect(isHeld(pace, NOW - 1)).toBe(true);
    expect(isHeld(pace, NOW)).toBe(false);
  });

  it("reads a note of another shape as none", async () => {
    const ledger = fakeLedger();
    await ledger.commit([{ note: { name: PACE_NOTE, version: 1, value: null } }]);
    expect(await readPace(ledger)).toEqual({ version: 1 });
  });

  it("grows while nothing is refused, stays after a refusal, and is over when nobody is held", () => {
    const pace = { since: NOW, lastRefusedAt: NOW, release: 120 };
    expect(nextPace(pace, true, NOW + 59_999)).toBe(pace);
    expect(nextPace(pace, true, NOW + 60_000)).toMatchObject({ release: 132 });
    expect(nextPace(pace, false, NOW + 60_000)).toBeUndefined();
  });

  it("I-26 L-4: starts 600 jobs on an EC2 of 120 launches and two a second in four minutes, at 1.3 calls each", async () => {
    const JOBS = 600;
    const BURST = JOBS / 5;
    const small = smallWorld({
      stackCap: JOBS,
      classCap: JOBS,
      ec2: { waitTimeoutSeconds: 86_400, lifetimeSeconds: 86_400 },
    });
    small.gitLab.pageSize = JOBS;
    let tokens = BURST;
    let refilledAt = small.clock.now();
    let calls = 0;
    const ec2: RunnerProvider = {
      ...small.ec2,
      launch: async (runner) => {
        calls += 1;
        const now = small.clock.now();
        tokens = Math.min(BURST, tokens + ((now - refilledAt) * 2) / 1_000);
        refilledAt = now;
        if (tokens < 1) return { kind: "refused", refusal: "rate", message: "RequestLimitExceeded" };
        tokens -= 1;
        return small.ec2.launch(runner);
      },
    };
    const run = workflows(small.world, { lambda: small.lambda, ec2 }, small.routing);
    const begun = small.clock.now();
    for (let id = 1; id <= JOBS; id += 1) {
      await run.start(hook(small.gitLab.addJob({ id, tags: ["ec2"], createdAt: begun + id })));
    }
    let minutes = 0;
    while (small.ec2.launched.size < JOBS && minutes < 200) {
      small.clock.advance(60_000);
      minutes += 1;
      await run.sweep();
      for (const event of small.bus.events.splice(0)) await run.deliver(detailOf(event));
    }
    const expected = (JOBS - BURST) / 2 / 60;
    expect(Math.abs(minutes - expected)).toBeLessThanOrEqual(Math.max(1, expected / 15));
    expect(calls / JOBS).toBeLessThanOrEqual(1.3);
  }, 120_000);
});
