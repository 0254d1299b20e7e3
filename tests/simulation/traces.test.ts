import {
  attemptsOf,
  expectMet,
  first,
  HAND_OUTS,
  isAssigned,
  launches,
  liveInstances,
  MINUTE,
  settle,
} from "./scenario-parts";
import type { Job } from "./world/gitlab";

/**
 * The fourteen traces that broke an earlier version of the protocol, each run in the simulation. A and B are jobs,
 * rA and rB the runners started for them.
 */

const START = "StartEc2RunnerFunction";

/** Between hand-out and confirmation GitLab can take a job back without the runner's knowledge. */
const { simulationWith: simulationInTwoPhases } = HAND_OUTS[1]!;

describe("traces in the simulation, where a job waits for its runner's confirmation", () => {
  it("trace 1: I-3 F-5: a runner whose job was cancelled before it confirmed runs the next job to its end", async () => {
    const world = simulationInTwoPhases();
    const a = world.addJob({ kind: "ec2" });
    let b: Job | undefined;
    world.when(
      () => isAssigned(a),
      () => {
        world.gitLab.cancel(a);
        b = world.addJob({ kind: "ec2", seconds: 120, isSilent: true });
      },
    );
    await settle(world);
    expect(a.status).toBe("canceled");
    expectMet(b!);
    expect(b!.runnerId).toBe(a.runnerId);
  });

  it("trace 1: I-3: a request that is under way at the pause may still get a job, and that job runs to its end", async () => {
    let stolen = 0;
    for (let seed = 1; seed <= 25; seed += 1) {
      const world = simulationInTwoPhases({ seed, gitLab: { gives: "oldest", requestUnderWay: 1 } });
      const a = world.addJob({ kind: "ec2" });
      let b: Job | undefined;
      const { pause } = world.gitLab;
      world.gitLab.pause = (runnerId) => {
        b ??= world.addJob({ kind: "ec2", seconds: 120, isSilent: true });
        return pause.call(world.gitLab, runnerId);
      };
      world.when(
        () => isAssigned(a),
        () => world.gitLab.cancel(a),
      );
      await settle(world);
      expectMet(b!);
      if (b!.runnerId === a.runnerId) stolen += 1;
    }
    // Without any the trace was not played.
    expect(stolen).toBeGreaterThan(0);
  });
});

describe.each(HAND_OUTS)("traces in the simulation, where $handOut", ({ simulationWith }) => {
  it("trace 2: I-22 P-9: a start that is overtaken while it holds only a claim releases its slot", async () => {
    const world = simulationWith({ gitLab: { gives: "newest" }, stack: { totalLimit: 2, classLimit: 2 } });
    let stalled = 0;
    world.calls.plan = ({ name, caller }) => {
      if (name !== "gitLab.createRunner" || caller !== START) return undefined;
      stalled += 1;
      return stalled === 2 ? { stall: 58_000 } : undefined;
    };
    const b = world.addJob({ kind: "ec2", seconds: 5 });
    await world.run(1);
    const a = world.addJob({ kind: "ec2", seconds: 5 });
    await settle(world);
    expectMet(a, b);
  });

  it("trace 3: I-22 I-20: a start that goes on after its job's end leaves nothing and never exceeds the limit", async () => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1 } });
    world.calls.plan = first("ec2.createFleet", START, { stall: 40_000 });
    const a = world.addJob({ kind: "ec2" });
    world.when(
      () => world.table.attempts.get(a.id)?.[0]?.state === "CREATED",
      () => world.gitLab.cancel(a),
    );
    const b = world.addJob({ kind: "ec2" });
    await settle(world);
    expect(b.status).toBe("success");
    expect(world.checks.mostLive).toBe(1);
  });

  it("trace 4: P-4 I-2: a late swap and the next attempt's event give no job two usable runners", async () => {
    const world = simulationWith({ gitLab: { gives: "newest" } });
    world.webhooks.fate = (_, status) => (status === "running" ? 100_000 : undefined);
    const a = world.addJob({ kind: "ec2", seconds: 20 });
    const b = world.addJob({ kind: "ec2", seconds: 20 });
    await settle(world);
    expectMet(a, b);
    // One for each job, and one more.
    expect(launches(world)).toBeLessThanOrEqual(3);
  });

  it("trace 5: a runner that a long foreign job took leads to one more attempt, not to a series of them", async () => {
    const world = simulationWith();
    const foreign = world.addJob({ kind: "foreign", seconds: 900 });
    const a = world.addJob({ kind: "ec2", seconds: 20 });
    await settle(world);
    expect(foreign.status).toBe("success");
    expectMet(a);
    expect(attemptsOf(world, a)).toBe(2);
  });

  it("trace 6: I-19 P-13 F-18: a launch whose process died is adopted although its repeats fail", async () => {
    const world = simulationWith();
    let tries = 0;
    world.calls.plan = ({ name }) => {
      if (name !== "ec2.createFleet") return undefined;
      tries += 1;
      return tries === 1 ? "dies" : tries < 5 ? "fails" : undefined;
    };
    const a = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(a);
    expect(launches(world)).toBe(1);
  });

  it("trace 7: I-3: a rebalance recommendation ends no runner that was just given a job", async () => {
    const world = simulationWith();
    const a = world.addJob({ kind: "ec2", seconds: 120 });
    world.when(
      () => isAssigned(a),
      () => {
        for (const { id } of liveInstances(world)) {
          const detail = { "instance-id": id };
          world.bus.put({ source: "aws.ec2", detailType: "EC2 Instance Rebalance Recommendation", detail });
        }
      },
    );
    await settle(world);
    expectMet(a);
    expect(launches(world)).toBe(1);
  });

  it("trace 8: a runner's end before its job's end raises no false alarm", async () => {
    const world = simulationWith();
    world.webhooks.fate = (_, status) => (status === "success" || status === "running" ? "lost" : undefined);
    const { now: start } = world.timeline;
    const a = world.addJob({ kind: "ec2", seconds: 20 });
    await settle(world);
    expectMet(a);
    expect(world.table.attempts.get(a.id)?.map(({ state }) => state)).toEqual(["ENDED"]);
    await world.run(20 * MINUTE);
    // Passes are missing from the minutes before the first one.
    const rang = world.alarms
      .ringing(start, world.timeline.now)
      .filter((id) => id !== "ReconcilerMissingAlarm");
    expect(rang).toEqual([]);
  });

  it("trace 9: I-22 P-9: the reconciler dispatches the next waiting job when its event was lost", async () => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1 } });
    let lost = 0;
    const a = world.addJob({ kind: "ec2", seconds: 20 });
    const b = world.addJob({ kind: "ec2", seconds: 20 });
    world.bus.loses = ({ source, detail }) => {
      const isDispatch = source === "gitlab.reconciler" && detail.build_status === "pending" && lost === 0;
      if (isDispatch) lost += 1;
      return isDispatch;
    };
    await settle(world);
    expect(lost).toBe(1);
    expectMet(a, b);
  });

  it("trace 10: runners that took another's job and whose pick-up event is lost cost at most one more launch", async () => {
    const world = simulationWith({ gitLab: { gives: "newest" } });
    world.webhooks.fate = (_, status) => (status === "running" ? "lost" : undefined);
    const a = world.addJob({ kind: "ec2", seconds: 10 });
    const b = world.addJob({ kind: "ec2", seconds: 10 });
    await settle(world);
    expectMet(a, b);
    // One for each job, and one more.
    expect(launches(world)).toBeLessThanOrEqual(3);
  });

  it.each([1, 2, 3])(
    "trace 11: F-25: a start that dies after write number %i loses no token and starts once",
    async (number) => {
      const world = simulationWith();
      let writes = 0;
      world.calls.plan = ({ name, caller }) => {
        if (name !== "ledger.commit" || caller !== START) return undefined;
        writes += 1;
        return writes === number ? "dies" : undefined;
      };
      const a = world.addJob({ kind: "ec2" });
      await settle(world);
      expectMet(a);
      expect(launches(world)).toBe(1);
    },
  );

  it("trace 12: P-8 I-21 I-22: a start that stalls past its lease neither launches late nor exceeds the limit", async () => {
    const world = simulationWith({ stack: { totalLimit: 1, classLimit: 1 } });
    world.calls.plan = first("ec2.createFleet", START, { stall: 150_000 });
    const a = world.addJob({ kind: "ec2" });
    const b = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(a);
    expect(b.status).toBe("success");
    expect(world.checks.mostLive).toBe(1);
    expect(launches(world)).toBe(2);
  });

  it("trace 13: F-51: no pass adopts a record that is created and not stored yet", async () => {
    const world = simulationWith();
    let commits = 0;
    world.calls.plan = ({ name, caller }) => {
      if (name !== "ledger.commit" || caller !== START) return undefined;
      commits += 1;
      return commits === 2 ? { stall: 50_000 } : undefined;
    };
    await world.run(30);
    const a = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(a);
    expect([...world.table.runners.values()].filter(({ adopted }) => adopted)).toEqual([]);
  });

  it("trace 14: an instance that boots before its row has moved asks again and keeps its attempt", async () => {
    const world = simulationWith();
    world.calls.plan = first("rows.move", START, { stall: 55_000 });
    const a = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(a);
    expect(attemptsOf(world, a)).toBe(1);
    expect(launches(world)).toBe(1);
  });

  it("after any exchange each job's attempt names the instance that ran it, its market and its price", async () => {
    const world = simulationWith({ gitLab: { gives: "any" } });
    const jobs = Array.from({ length: 12 }, () => world.addJob({ kind: "ec2", seconds: 60 }));
    await settle(world);
    for (const job of jobs) {
      const attempt = world.table.attempts.get(job.id)?.at(-1);
      const runner = world.table.runners.get(job.runnerId ?? 0);
      const { resourceId, market, pricePerHour, times } = runner!;
      expect(attempt).toMatchObject({
        runnerId: job.runnerId,
        ranOnRunnerId: job.runnerId,
        resourceId,
        market,
      });
      expect(resourceId).toBe(world.machines.byRunner.get(job.runnerId ?? 0)?.place);
      expect([attempt?.pricePerHour, attempt?.times.LAUNCHED]).toEqual([pricePerHour, times.LAUNCHED]);
    }
    const exchanged = [...world.table.runners.values()].filter(
      ({ launchedFor, jobId }) => launchedFor.jobId !== jobId,
    );
    // Without one nothing was exchanged.
    expect(exchanged).not.toEqual([]);
  });
});
