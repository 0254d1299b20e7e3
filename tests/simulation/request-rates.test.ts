import { accountWith, addBurst, unsuccessful } from "./account-limits";
import { EC2_DEFAULTS } from "./world/ec2";
import type { AccountQuotas } from "./world/limits/account";
import { Ec2Requests } from "./world/limits/ec2-requests";
import { FunctionEnvironments } from "./world/limits/function-environments";
import { random } from "./world/random";
import type { Simulation } from "./world/world";

const HOUR = 3_600;
const LIMIT = 900;

/** A burst of so many jobs in a second, run to its end. */
const afterBurst = async (
  kind: "lambda" | "ec2",
  jobs: number,
  account: Partial<AccountQuotas> = {},
): Promise<Simulation> => {
  const world = accountWith(3, { stack: { totalLimit: LIMIT, classLimit: LIMIT }, account });
  addBurst(world, { kind, jobs, within: 1, projects: 10 });
  await world.run(2);
  await world.settle(HOUR);
  expect(world.verdict()).toEqual([]);
  expect(unsuccessful(world)).toEqual([]);
  return world;
};

describe("Lambda's request rates", () => {
  it("F-40: a function takes ten calls a second for each that may run at a time, and is refused more", () => {
    const environments = new FunctionEnvironments(() => "environment", random(1), HOUR, 100);
    const call = (now: number): boolean => {
      const entered = environments.enter(now);
      if (entered !== undefined) environments.leave(entered.environment, now);
      return entered !== undefined;
    };
    const answers = Array.from({ length: 101 }, () => call(0));
    expect(answers.filter(Boolean)).toHaveLength(100);
    expect(call(10)).toBe(true);
  });

  it("F-40 I-1: a burst of jobs for which functions may be called too seldom starts later, and none is lost", async () => {
    // Twenty calls a second of each function, where ninety of each are wanted in two.
    const world = await afterBurst("lambda", 90, { invocationsPerExecution: 0.02 });
    expect(world.executions.refusedInvocations).toBeGreaterThan(0);
  }, 60_000);

  it("F-40 I-1: a burst whose new environments ask for the function's tags more often than Lambda answers starts, and none is lost", async () => {
    // A third of AWS's fifteen, so that it does not hang on how the burst spreads: of 500 jobs in two seconds, fifteen are too few in most seeds.
    const world = await afterBurst("lambda", 200, { lambdaRequestsPerSecond: 5 });
    expect(world.lambdaApi.requests.refused).toBeGreaterThan(0);
  }, 60_000);
});

describe("EventBridge's request rate", () => {
  it("F-8 I-1 I-8: webhooks, our functions and our workflows share it: what is refused is put again, and no job is lost", async () => {
    // Of the burst's 180 webhooks it admits few. A pass puts the starts of the others ten a call, and each start tells of its runner.
    const world = accountWith(3, { account: { putEventsPerSecond: 4 } });
    addBurst(world, { jobs: 90, within: 1, projects: 10 });
    await world.run(2);
    await world.settle(HOUR);
    expect(world.verdict()).toEqual([]);
    expect(unsuccessful(world)).toEqual([]);
    const ofWebhooks = world.webhooks.health.refusals.filter(
      ({ refusal }) => refusal === "put-events",
    ).length;
    expect(ofWebhooks).toBeGreaterThan(0);
    expect(world.putEvents.refused).toBeGreaterThan(ofWebhooks);
  }, 60_000);
});

describe("EC2's request rates", () => {
  const ONE_ID = {};
  const A_PAGE = { Filters: [], MaxResults: 500 };

  // What `kill-points.ts` does at each of these calls is the same to the product: a throttled answer.
  it.each([
    ["CreateFleet", 50, 5, (ec2: Ec2Requests, now: number) => ec2.createFleet.take(now)],
    ["DescribeInstances by id", 50, 10, (ec2: Ec2Requests, now: number) => ec2.mayDescribe(ONE_ID, now)],
    ["DescribeInstances by filter", 100, 20, (ec2: Ec2Requests, now: number) => ec2.mayDescribe(A_PAGE, now)],
    ["TerminateInstances", 100, 5, (ec2: Ec2Requests, now: number) => ec2.mayTerminate(1, now)],
    ["TerminateInstances of ten", 100, 2, (ec2: Ec2Requests, now: number) => ec2.mayTerminate(10, now)],
  ])("F-32: %s is answered %i times at once and %i times a second later", (_, atOnce, later, call) => {
    const ec2 = new Ec2Requests(EC2_DEFAULTS);
    const answers = (now: number): number =>
      Array.from({ length: 200 }, () => call(ec2, now)).filter(Boolean).length;
    expect([answers(0), answers(1_000)]).toEqual([atOnce, later]);
  });

  it("F-33 I-1: a burst of launches meets CreateFleet's own rate, and each job gets one instance", async () => {
    // Fifty at once and five a second.
    const world = await afterBurst("ec2", 90);
    expect(world.ec2.requests.createFleet.refused).toBeGreaterThan(0);
    expect(Math.max(...world.ec2.launchesFor.values())).toBe(1);
  }, 60_000);

  it("I-3 I-4 I-5: two hundred cancelled jobs on instances meet TerminateInstances' rate, and all is gone", async () => {
    const world = accountWith(3, { stack: { totalLimit: LIMIT, classLimit: LIMIT } });
    for (let index = 0; index < 200; index += 1)
      world.addJob({ kind: "ec2", projectId: 1 + (index % 10), seconds: HOUR });
    await world.run(300);
    for (const job of world.gitLab.jobs.values()) world.gitLab.cancel(job);
    await world.settle(HOUR);
    expect(world.verdict()).toEqual([]);
    expect(world.ec2.requests.terminate.refused).toBeGreaterThan(0);
  }, 60_000);
});
