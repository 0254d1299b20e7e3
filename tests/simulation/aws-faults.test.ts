import { STACK } from "../../AutoScaler/src/ports";
import {
  attemptsOf,
  during,
  expectMet,
  HOUR,
  launches,
  liveInstances,
  MINUTE,
  settle,
  simulationWith,
  total,
  waitOf,
} from "./scenario-parts";
import { DEPLOYMENT } from "./world/stack";

describe("AWS's faults", () => {
  it("F-7 F-8: the reconciler makes up for a webhook that the gateway or the bus loses", async () => {
    const world = simulationWith();
    world.bus.loses = ({ source }) => source === "gitlab.webhook";
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(job);
  });

  it("F-11 F-16: functions that Lambda refuses to run for five minutes lose no job", async () => {
    const world = simulationWith();
    world.executions.options = { ...world.executions.options, throttled: 1 };
    const jobs = [1, 2, 3].map(() => world.addJob({ kind: "lambda" }));
    await world.run(5 * MINUTE);
    world.calm();
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("F-12 I-2 I-6: every event four times at once starts every job once", async () => {
    const world = simulationWith({ webhooks: { twice: 1 }, bus: { twice: 1 }, lambda: { twice: 1 } });
    const jobs = [world.addJob({ kind: "ec2" }), world.addJob({ kind: "lambda", projectId: 2 })];
    await settle(world);
    expectMet(...jobs);
    expect(launches(world)).toBe(1);
    expect([...world.machines.startedFor.values()]).toEqual([1, 1]);
  });

  it("F-13 F-14: jobs are met though executions die half-way and failures cannot be recorded", async () => {
    const world = simulationWith({ executions: { dies: 0.3 } });
    const jobs = [1, 2, 3, 4].map(() => world.addJob({ kind: "ec2" }));
    world.calls.plan = ({ caller, name }) =>
      caller === "RecordFailureFunction" || name === "gitLab.createRunner" ? "fails" : undefined;
    await world.run(4 * MINUTE);
    world.calm();
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("F-15 I-27: a mapping row that names a missing class fails visibly and starts nothing", async () => {
    const world = simulationWith();
    const broken = world.addJob({ kind: "broken" });
    const good = world.addJob({ kind: "ec2" });
    await world.run(HOUR);
    expectMet(good);
    expect([broken.status, launches(world)]).toEqual(["pending", 1]);
    expect(total(world, "JobsFailed/configuration")).toBeGreaterThan(0);
    // In an hour of 60 passes, none of which may ask more than once.
    expect(world.calls.byJob.get(broken.id)).toBeLessThanOrEqual(60);
  });

  it("F-17 I-22 P-9: sixty concurrent starts conflict in the ledger and keep to a limit of twenty", async () => {
    const world = simulationWith({ stack: { totalLimit: 20, classLimit: 20 } });
    const jobs = Array.from({ length: 60 }, () => world.addJob({ kind: "ec2", seconds: 20 }));
    await settle(world);
    for (const job of jobs) expect(job.status).toBe("success");
    expect(world.checks.mostLive).toBe(20);
  });

  it("F-18 F-19: nothing starts while the ledger is down for ten minutes; then every job starts", async () => {
    const world = simulationWith();
    during(world, 10 * MINUTE, "ledger.", "times-out");
    world.calls.plan = (
      (plan) => (call) =>
        call.name === "ledger.commit" ? undefined : plan(call)
    )(world.calls.plan);
    const job = world.addJob({ kind: "ec2" });
    await world.run(10 * MINUTE);
    expect([launches(world), world.gitLab.descriptions.size]).toEqual([0, 0]);
    await settle(world);
    expect(job.status).toBe("success");
    expect(launches(world)).toBe(1);
  });

  it("F-20: indexes that lag by a minute cause no wrong decision", async () => {
    const world = simulationWith({ webhooks: { lost: 0.5 }, stack: { totalLimit: 2, classLimit: 2 } });
    world.table.indexLag = MINUTE * 1000;
    const jobs = [1, 2, 3, 4, 5].map(() => world.addJob({ kind: "ec2" }));
    await settle(world, 2 * HOUR);
    for (const job of jobs) expect(job.status).toBe("success");
  });

  it("F-21: a Parameter Store that is throttled for three minutes delays starts and loses none", async () => {
    const world = simulationWith();
    during(world, 3 * MINUTE, "settings.", "throttled");
    const job = world.addJob({ kind: "ec2" });
    await settle(world);
    expectMet(job);
  });

  it("F-33 F-40: launches that Lambda refuses delay no EC2 launch", async () => {
    const world = simulationWith();
    during(world, 3 * MINUTE, "lambda.", "throttled");
    const lambda = world.addJob({ kind: "lambda" });
    await world.run(5);
    const ec2 = world.addJob({ kind: "ec2" });
    await settle(world);
    // An instance's boot, and half a minute for the start.
    expect(waitOf(ec2)).toBeLessThan(1.5 * MINUTE);
    expect(lambda.status).toBe("success");
  });

  it("F-37 P-5 P-20: a spot interruption leaves no record, and the job's retry gets an instance of its own", async () => {
    const world = simulationWith({ stack: { ec2LifetimeSeconds: 10 * MINUTE } });
    const job = world.addJob({ kind: "ec2", seconds: 10 * MINUTE });
    await world.run(2 * MINUTE);
    for (const instance of liveInstances(world)) world.providers.spotKill(instance);
    await world.run(4 * MINUTE);
    expect([world.gitLab.records.size, liveInstances(world).length]).toEqual([0, 0]);
    const retry = world.addJob({ kind: "ec2" });
    await settle(world);
    expect(job.status).toBe("failed");
    expectMet(retry);
  });

  it("F-37: a job that spot loses runs again within 90 s of the notice, on demand", async () => {
    const world = simulationWith({ stack: { ec2LifetimeSeconds: HOUR } });
    const jobs = Array.from({ length: 40 }, () =>
      world.addJob({ kind: "ec2", seconds: 30 * MINUTE, retries: 1 }),
    );
    await world.run(3 * MINUTE);
    expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => "running"));
    const noticedAt = world.timeline.now;
    const lost = liveInstances(world);
    for (const instance of lost) world.providers.spotKill(instance);
    await world.run(3 * MINUTE);
    const retries = [...world.gitLab.jobs.values()].filter(({ pipelineId, id }) => pipelineId !== id);
    const runsAfter = retries.map(
      ({ startedAt = Number.POSITIVE_INFINITY }) => (startedAt - noticedAt) / 1_000,
    );
    expect(retries).toHaveLength(jobs.length);
    // As the title promises; EC2 takes the instance after two minutes.
    expect(Math.max(...runsAfter)).toBeLessThanOrEqual(90);
    const again = [...world.ec2.instances.values()].filter((instance) => !lost.includes(instance));
    expect(again.map(({ boughtAs }) => boughtAs)).toEqual(jobs.map(() => "on-demand"));
    await settle(world, HOUR);
  });

  it("F-37: a pool that was interrupted twice is left alone for thirty minutes; when all rest, jobs start on demand", async () => {
    const world = simulationWith({ stack: { ec2LifetimeSeconds: 2 * HOUR } });
    const poolOf = async () => {
      const before = new Set(world.ec2.instances.values());
      const job = world.addJob({ kind: "ec2", seconds: 20 });
      await settle(world);
      expectMet(job);
      const [instance] = [...world.ec2.instances.values()].filter((each) => !before.has(each));
      return instance?.boughtAs === "spot" ? instance.place.SubnetId : instance?.boughtAs;
    };
    const interruptTwo = async () => {
      world.addJob({ kind: "ec2", seconds: 10 * MINUTE });
      world.addJob({ kind: "ec2", seconds: 10 * MINUTE });
      await world.run(2 * MINUTE);
      for (const instance of liveInstances(world)) world.providers.spotKill(instance);
      await settle(world);
    };
    expect(await poolOf()).toBe("subnet-a");
    await interruptTwo();
    const restsFrom = world.timeline.now;
    expect(await poolOf()).toBe("subnet-b");
    await interruptTwo();
    expect(await poolOf()).toBe("on-demand");
    await world.run(31 * MINUTE - (world.timeline.now - restsFrom) / 1_000);
    expect(await poolOf()).toBe("subnet-a");
  });

  it("F-31: a pool without capacity is left alone by the third launch", async () => {
    const world = simulationWith({ ec2: { shortPools: ["m7g.large/subnet-a"] } });
    const asked: number[] = [];
    const create = world.ec2.createFleet.bind(world.ec2);
    world.ec2.createFleet = (request) => {
      asked.push(request.LaunchTemplateConfigs?.[0]?.Overrides?.length ?? 0);
      return create(request);
    };
    for (let launch = 0; launch < 3; launch += 1) {
      world.addJob({ kind: "ec2", seconds: 5 });
      await settle(world);
    }
    expect(asked).toEqual([2, 2, 1]);
  });

  it("F-38: an instance that is stopped instead of terminated is ended", async () => {
    const world = simulationWith({ stack: { ec2LifetimeSeconds: 10 * MINUTE } });
    world.addJob({ kind: "ec2", seconds: 5 * MINUTE });
    await world.run(2 * MINUTE);
    for (const instance of liveInstances(world)) {
      world.ec2.setState(instance, "stopping");
      world.ec2.setState(instance, "stopped");
    }
    await settle(world);
    expect(world.table.taken(STACK)).toBe(0);
  });

  it("F-51 P-19: an instance with our tag that is not in the ledger ends after the grace time; another deployment's does not", async () => {
    const world = simulationWith();
    const instanceOf = (stack: string) => {
      const Tags = [
        { Key: "glr:stack", Value: stack },
        { Key: "glr:job", Value: "77-1" },
      ];
      const TagSpecifications = [{ ResourceType: "instance" as const, Tags }];
      const TargetCapacitySpecification = { TotalTargetCapacity: 1 };
      const LaunchTemplateConfigs = [{}];
      world.ec2.createFleet({
        ClientToken: stack,
        TagSpecifications,
        TargetCapacitySpecification,
        LaunchTemplateConfigs,
      });
      return [...world.ec2.instances.values()].at(-1)!;
    };
    const [ours, theirs] = [instanceOf(DEPLOYMENT), instanceOf("neighbour")];
    // Neither reads a bootstrap row, and neither ends by itself.
    for (const instance of [ours, theirs]) world.ec2.setState(instance, "running");
    await world.run(9 * MINUTE);
    expect(ours.state).toBe("running");
    await world.run(6 * MINUTE);
    expect([ours.state, theirs.state]).toEqual(["terminated", "running"]);
  });

  it("F-52: when a runner's instance disappears without an event, its job gets the next attempt", async () => {
    const world = simulationWith();
    world.bus.loses = ({ source }) => source === "aws.ec2";
    const job = world.addJob({ kind: "ec2" });
    await world.run(8);
    for (const instance of liveInstances(world)) world.ec2.setState(instance, "terminated");
    world.checks.count("EC2#default", -1);
    await settle(world);
    expect(job.status).toBe("success");
    expect(attemptsOf(world, job)).toBe(2);
  });
});
