import fc from "fast-check";
import { ConfigurationError, TransientError } from "../../../../Core/errors";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Market } from "../../../../Core/model/runner-class";
import { providerContract } from "../../testing/contracts/launch-contract";
import { sampleOrder, sampleRunner } from "../../testing/contracts/samples";
import { ec2Double, ec2Error } from "../../testing/doubles/ec2-double";
import { LAUNCH_TIMEOUT_SECONDS, LIFETIME_MARGIN_SECONDS } from "../../timing";
import { readFleetAnswer } from "./fleet-answer";
import { ec2Provider } from "./provider";

const SETTINGS = {
  deploymentId: "gitlab-runners-infrastructure",
  launchTemplates: { arm64: { id: "lt-arm", version: "3" }, x86_64: { id: "lt-x86", version: "7" } },
  subnetIds: ["subnet-1", "subnet-2"],
  rootDeviceName: "/dev/xvda",
  roleId: "AROARUNNER",
};

const TIME = Date.UTC(2026, 10, 25, 12);

const runnerOf = (market: Market = "spot-first", change: Partial<StartedRunner> = {}): StartedRunner => {
  const order = sampleOrder();
  const ec2 = { ...order.runnerClass.ec2!, market };
  return sampleRunner({
    runnerId: 9,
    launchedFor: { jobId: 3_580_121_225, attempt: 1 },
    times: { STARTING: TIME, CREATED: TIME },
    order: { ...order, runnerClass: { ...order.runnerClass, ec2 } },
    ...change,
  });
};

const prepare = (settings = SETTINGS) => {
  const ec2 = ec2Double();
  const provider = ec2Provider(ec2, settings);
  return { ec2, provider };
};

const marketsAsked = (ec2: ReturnType<typeof ec2Double>) =>
  ec2.fleetCalls.map((call) => call.TargetCapacitySpecification?.DefaultTargetCapacityType);

describe("the request", () => {
  it("asks for the class's types in all subnets, with the disk under the image's root device", async () => {
    const { ec2, provider } = prepare();
    await provider.launch(runnerOf());
    const config = ec2.fleetCalls[0]?.LaunchTemplateConfigs?.[0];
    expect(config?.LaunchTemplateSpecification).toEqual({ LaunchTemplateId: "lt-arm", Version: "3" });
    expect(config?.Overrides?.map(({ InstanceType, SubnetId }) => `${InstanceType} ${SubnetId}`)).toEqual([
      "c7g.large subnet-1",
      "c7g.large subnet-2",
      "m7g.large subnet-1",
      "m7g.large subnet-2",
    ]);
    for (const override of config?.Overrides ?? []) {
      expect(override.BlockDeviceMappings).toEqual([
        {
          DeviceName: "/dev/xvda",
          Ebs: { VolumeSize: 40, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true },
        },
      ]);
    }
  });

  it("I-18: asks for the image that the runner was stored with, and for the launch template's without one", async () => {
    const { ec2, provider } = prepare();
    const order = sampleOrder();
    const imageId = "ami-0123456789abcdef0";
    const runnerClass = { ...order.runnerClass, ec2: { ...order.runnerClass.ec2!, imageId } };
    await provider.launch(runnerOf("spot", { order: { ...order, runnerClass } }));
    await provider.launch(runnerOf("spot", { runnerId: 10, launchedFor: { jobId: 8, attempt: 1 } }));
    const images = ec2.fleetCalls.map((call) =>
      call.LaunchTemplateConfigs?.[0]?.Overrides?.map(({ ImageId }) => ImageId),
    );
    expect(images).toEqual([Array(4).fill(imageId), Array(4).fill(undefined)]);
  });

  it.each<[Market, string, object]>([
    ["spot-first", "spot", { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }],
    ["spot", "spot", { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }],
    ["on-demand", "on-demand", { OnDemandOptions: { AllocationStrategy: "lowest-price" } }],
  ])("buys %s by %s", async (market, boughtAs, options) => {
    const { ec2, provider } = prepare();
    const launch = await provider.launch(runnerOf(market));
    expect(ec2.fleetCalls).toHaveLength(1);
    expect(ec2.fleetCalls[0]).toMatchObject({
      Type: "instant",
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: boughtAs },
      ...options,
    });
    expect(launch).toMatchObject({ kind: "launched", market: boughtAs });
  });

  it("I-23: tags instance and volume at launch, with class, job and expiry, and nothing else (P-19, T-13)", async () => {
    const { ec2, provider } = prepare();
    const runner = runnerOf();
    await provider.launch(runner);
    const specifications = ec2.fleetCalls[0]?.TagSpecifications ?? [];
    expect(specifications.map(({ ResourceType }) => ResourceType)).toEqual(["instance", "volume"]);
    for (const { Tags } of specifications) {
      expect(Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]))).toEqual({
        Name: "gitlab-runner job 3580121225 attempt 1",
        "glr:stack": "gitlab-runners-infrastructure",
        "glr:class": "default",
        "glr:job": "3580121225-1",
        // Two hours for the launch, an hour's life, 21 minutes that two clocks may be wrong.
        "glr:expires": "2026-11-25T15:21:00.000Z",
      });
    }
    expect(JSON.stringify(ec2.fleetCalls)).not.toContain(runner.nonce);
  });

  it("I-23: an instance that is launched as late as can be, for a short life, has not expired while it lives", async () => {
    const { ec2, provider } = prepare();
    const order = sampleOrder();
    const runnerClass = { ...order.runnerClass, lifetimeSeconds: 600 };
    await provider.launch(runnerOf("spot", { order: { ...order, runnerClass } }));
    const tags = ec2.fleetCalls[0]?.TagSpecifications?.[0]?.Tags ?? [];
    const expires = Date.parse(tags.find(({ Key }) => Key === "glr:expires")?.Value ?? "");
    const latestEnd = TIME + (LAUNCH_TIMEOUT_SECONDS + 600 + LIFETIME_MARGIN_SECONDS) * 1_000;
    expect(expires).toBeGreaterThanOrEqual(latestEnd);
  });

  it("gives the key that the instance's role may read", async () => {
    const { provider } = prepare();
    const launch = await provider.launch(runnerOf());
    expect(launch).toMatchObject({
      resourceId: "i-00000000000000001",
      bootstrapKey: "AROARUNNER:i-00000000000000001",
    });
  });

  it("says the type that was bought, by which it is priced", async () => {
    const { provider } = prepare();
    expect(await provider.launch(runnerOf())).toHaveProperty("instanceType", "c7g.large");
  });

  it("takes the type from the override where the fleet names it there alone", () => {
    const Overrides = { InstanceType: "m7g.large", SubnetId: "subnet-1" } as const;
    const Instances = [{ InstanceIds: ["i-1"], LaunchTemplateAndOverrides: { Overrides } }];
    const answer = readFleetAnswer({ $metadata: {}, Instances }, "on-demand");
    expect(answer).toMatchObject({ kind: "instance", instanceType: "m7g.large" });
  });

  it("refuses a class without EC2 settings in words", async () => {
    const { provider } = prepare();
    const { ec2: _ec2, ...runnerClass } = sampleOrder().runnerClass;
    const runner = sampleRunner({ runnerId: 1, order: sampleOrder({ runnerClass }) });
    await expect(provider.launch(runner)).rejects.toThrow(ConfigurationError);
  });
});

describe("client tokens", () => {
  const tokenOf = async (runner: StartedRunner, settings = SETTINGS): Promise<string> => {
    const { ec2, provider } = prepare(settings);
    await provider.launch(runner);
    return ec2.fleetCalls[0]!.ClientToken!;
  };

  const ids = fc.record({
    jobId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    attempt: fc.integer({ min: 1, max: 3 }),
    launchRound: fc.integer({ min: 0, max: 99_999 }),
  });

  it("I-18: are a pure function of deployment, job, attempt, round and market, of at most 64 characters", async () => {
    await fc.assert(
      fc.asyncProperty(ids, async ({ jobId, attempt, launchRound }) => {
        const launchedFor = { jobId, attempt };
        const token = await tokenOf(runnerOf("spot", { launchedFor, launchRound }));
        // What changes between two tries of a launch (versions, leases, a swap of jobs) changes no token.
        const later = runnerOf("spot", {
          launchedFor,
          launchRound,
          version: 1,
          jobId: 5,
          attempt: 2,
          pausedAt: 7,
        });
        expect(await tokenOf(later)).toBe(token);
        expect(token).toMatch(/^[\x21-\x7e]{1,64}$/);
      }),
      { numRuns: 100 },
    );
  });

  it("I-2 I-18: differ when any of these differs", async () => {
    await fc.assert(
      fc.asyncProperty(ids, ids, async (one, other) => {
        const key = ({ jobId, attempt, launchRound }: typeof one) => `${jobId} ${attempt} ${launchRound}`;
        fc.pre(key(one) !== key(other));
        const of = ({ launchRound, ...launchedFor }: typeof one) =>
          tokenOf(runnerOf("spot", { launchedFor, launchRound }));
        expect(await of(one)).not.toBe(await of(other));
      }),
      { numRuns: 100 },
    );
    const tokens = await Promise.all([
      tokenOf(runnerOf("spot")),
      tokenOf(runnerOf("on-demand")),
      tokenOf(runnerOf("spot"), { ...SETTINGS, deploymentId: "another" }),
    ]);
    expect(new Set(tokens).size).toBe(3);
  });

  it("I-18: repeats a launch with the same parameters, whatever the ledger has written to the runner since", async () => {
    const { ec2, provider } = prepare();
    const first = await provider.launch(runnerOf());
    const again = await provider.launch(
      runnerOf("spot-first", { lease: { kind: "start", holder: "x", until: 1 }, heldBy: "rate" }),
    );
    expect(again).toEqual(first);
    expect(ec2.fleetCalls[1]).toEqual(ec2.fleetCalls[0]);
    expect(ec2.instances.size).toBe(1);
  });
});

describe("EC2's errors inside an answer that succeeded", () => {
  it.each([
    ["InsufficientInstanceCapacity", "capacity"],
    ["Server.InsufficientInstanceCapacity", "capacity"],
    ["InsufficientFreeAddressesInSubnet", "capacity"],
    ["VcpuLimitExceeded", "limit"],
    ["InstanceLimitExceeded", "limit"],
    ["RequestLimitExceeded", "rate"],
    ["Unsupported", "configuration"],
    ["InvalidAMIID.NotFound", "configuration"],
    ["UnauthorizedOperation", "configuration"],
    ["PendingVerification", "limit"],
    ["BrandNewRefusal", "other"],
  ])("F-31 F-32 F-33: tells %s as %s", async (code, refusal) => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors: [code] });
    expect(await provider.launch(runnerOf("on-demand"))).toMatchObject({ kind: "refused", refusal });
    expect(ec2.instances.size).toBe(0);
  });

  it.each([
    [["InvalidParameterValue", "InsufficientInstanceCapacity"], "capacity"],
    [["Unsupported", "InsufficientInstanceCapacity"], "capacity"],
    [["InsufficientInstanceCapacity", "VcpuLimitExceeded"], "limit"],
    [["VcpuLimitExceeded", "RequestLimitExceeded"], "rate"],
  ])("F-31: of several pools' errors %j it tells %s", async (errors, refusal) => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors });
    expect(await provider.launch(runnerOf("on-demand"))).toMatchObject({ kind: "refused", refusal });
  });

  it("names each code once, with the type, in a message of bounded length", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors: ["Unsupported", "Unsupported", "InsufficientInstanceCapacity"] });
    const launch = await provider.launch(runnerOf("on-demand"));
    const { message } = launch as Extract<typeof launch, { kind: "refused" }>;
    expect(message.match(/Unsupported/g)).toHaveLength(2);
    expect(message).toContain("InsufficientInstanceCapacity (m7g.large)");
    // What is kept of a message (errors.ts).
    expect(message.length).toBeLessThanOrEqual(300);
  });

  it("F-31: falls from spot to on-demand by a second call with a token of its own", async () => {
    for (const code of [
      "InsufficientInstanceCapacity",
      "SpotMaxPriceTooLow",
      "MaxSpotInstanceCountExceeded",
      "Unsupported",
    ]) {
      const { ec2, provider } = prepare();
      ec2.plan.push({ errors: [code] });
      expect(await provider.launch(runnerOf())).toMatchObject({ kind: "launched", market: "on-demand" });
      expect(marketsAsked(ec2)).toEqual(["spot", "on-demand"]);
      expect(ec2.fleetCalls[0]?.ClientToken).not.toBe(ec2.fleetCalls[1]?.ClientToken);
    }
  });

  it.each<[Market, string]>([
    ["spot", "InsufficientInstanceCapacity"],
    ["on-demand", "InsufficientInstanceCapacity"],
    ["spot-first", "InvalidAMIID.NotFound"],
    ["spot-first", "RequestLimitExceeded"],
  ])("makes no second call for %s after %s", async (market, code) => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors: [code] });
    expect(await provider.launch(runnerOf(market))).toMatchObject({ kind: "refused" });
    expect(ec2.fleetCalls).toHaveLength(1);
  });

  it("refuses for capacity when both markets are short", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors: ["InsufficientInstanceCapacity"] }, { errors: ["InsufficientInstanceCapacity"] });
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "refused", refusal: "capacity" });
  });

  it("P-13: takes the instance of an answer that has errors, too", async () => {
    const { ec2, provider } = prepare();
    const create = ec2.createFleet;
    ec2.createFleet = async (request) => ({
      ...(await create(request)),
      Errors: [{ ErrorCode: "Unsupported" }],
    });
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "launched" });
  });
});

describe("a call that is refused or lost", () => {
  it("F-33: is refused for the rate at once: the ledger knows who else is, and when to come back", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ throws: ec2Error("RequestLimitExceeded", 503) });
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "refused", refusal: "rate" });
    expect(ec2.fleetCalls).toHaveLength(1);
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "launched" });
    expect(ec2.instances.size).toBe(1);
  });

  it.each(["InternalError", "ServiceUnavailable", "TimeoutError"])(
    "I-25: makes one call when EC2 answers %s, and leaves the repeat to its caller",
    async (code) => {
      const { ec2, provider } = prepare();
      ec2.plan.push({ throws: ec2Error(code, 500) });
      await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
      expect(ec2.fleetCalls).toHaveLength(1);
      expect(await provider.launch(runnerOf())).toMatchObject({ kind: "launched" });
      expect(new Set(ec2.fleetCalls.map(({ ClientToken }) => ClientToken)).size).toBe(1);
    },
  );

  it("F-34 I-19: a repeat after a lost answer gets the instance that is there, though EC2 does not show it yet", async () => {
    const { ec2, provider } = prepare();
    ec2.isVisible = false;
    ec2.plan.push({ isLost: true });
    await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(await provider.launch(runnerOf())).toMatchObject({ resourceId: "i-00000000000000001" });
    expect(ec2.instances.size).toBe(1);
  });

  it("F-34 I-19: finds by tag what a lost answer left behind", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ isLost: true });
    await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(await provider.launch(runnerOf("spot-first", { version: 2 }))).toMatchObject({
      kind: "launched",
      resourceId: "i-00000000000000001",
      market: "spot",
      bootstrapKey: "AROARUNNER:i-00000000000000001",
    });
    expect(ec2.fleetCalls).toHaveLength(1);
  });

  it("I-19: never falls to on-demand while it is unknown whether the spot call launched", async () => {
    const { ec2, provider } = prepare();
    ec2.isVisible = false;
    ec2.plan.push({ isLost: true });
    await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(marketsAsked(ec2)).toEqual(["spot"]);
    ec2.isVisible = true;
    expect(await provider.launch(runnerOf("spot-first", { version: 2 }))).toMatchObject({ kind: "launched" });
    expect(ec2.instances.size).toBe(1);
  });

  it("I-19: a repeat finds what was bought on demand, though spot has some again", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ throws: ec2Error("InsufficientInstanceCapacity") }, { isLost: true });
    await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(await provider.launch(runnerOf("spot-first", { version: 2 }))).toMatchObject({
      kind: "launched",
      market: "on-demand",
    });
    expect(ec2.instances.size).toBe(1);
  });

  it("F-35: a fleet that names neither instance nor error is no proof of either", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ isSilent: true });
    await expect(provider.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(await provider.find(runnerOf())).toMatchObject({ kind: "launched" });
  });

  it("I-19: takes other parameters under a used token for the sign of an earlier launch", async () => {
    const { ec2, provider } = prepare();
    await provider.launch(runnerOf());
    const deployedAgain = ec2Provider(ec2, {
      ...SETTINGS,
      launchTemplates: { ...SETTINGS.launchTemplates, arm64: { id: "lt-arm", version: "4" } },
    });
    await expect(deployedAgain.launch(runnerOf())).rejects.toThrow(TransientError);
    expect(await deployedAgain.find(runnerOf())).toMatchObject({ resourceId: "i-00000000000000001" });
    expect(ec2.instances.size).toBe(1);
  });

  it("throws no TransientError for an answer that proves that nothing runs", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ throws: ec2Error("UnauthorizedOperation", 403) });
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "refused", refusal: "configuration" });
  });
});

describe("spot pools", () => {
  const ALL = ["c7g.large/subnet-1", "c7g.large/subnet-2", "m7g.large/subnet-1", "m7g.large/subnet-2"];
  const asked = (ec2: ReturnType<typeof ec2Double>) =>
    ec2.fleetCalls.map(({ LaunchTemplateConfigs, TargetCapacitySpecification }) => [
      TargetCapacitySpecification?.DefaultTargetCapacityType,
      LaunchTemplateConfigs?.[0]?.Overrides?.map(
        ({ InstanceType, SubnetId }) => `${InstanceType}/${SubnetId}`,
      ),
    ]);
  const NONE = { errors: ["InsufficientInstanceCapacity"] };

  it.each<[string, Market, Partial<StartedRunner>, readonly unknown[]]>([
    [
      "none rests",
      "spot-first",
      { restingPools: [] },
      [
        ["spot", ALL],
        ["on-demand", ALL],
      ],
    ],
    [
      "two rest: they are left alone as spot, and used on demand",
      "spot-first",
      { restingPools: ALL.slice(0, 2) },
      [
        ["spot", ALL.slice(2)],
        ["on-demand", ALL],
      ],
    ],
    ["all rest: on demand", "spot-first", { restingPools: ALL }, [["on-demand", ALL]]],
    ["all rest, and the class allows spot alone", "spot", { restingPools: ALL }, [["spot", ALL]]],
    [
      "some rest, and the class allows spot alone",
      "spot",
      { restingPools: ALL.slice(1) },
      [["spot", ALL.slice(0, 1)]],
    ],
    ["pools of other types rest", "on-demand", { restingPools: ALL }, [["on-demand", ALL]]],
    [
      "spot has lost the job: on demand first",
      "spot-first",
      { afterSpotLoss: true, restingPools: ALL.slice(0, 1) },
      [
        ["on-demand", ALL],
        ["spot", ALL.slice(1)],
      ],
    ],
    [
      "spot has lost the job, and the class allows spot alone",
      "spot",
      { afterSpotLoss: true },
      [["spot", ALL]],
    ],
  ])("F-31 F-37: %s", async (_, market, patch, expected) => {
    const { ec2, provider } = prepare();
    ec2.plan.push(NONE, NONE);
    expect(await provider.launch(runnerOf(market, patch))).toMatchObject({ refusal: "capacity" });
    expect(asked(ec2)).toEqual(expected);
  });

  it("F-37: names the pool of a spot instance, also of one that is found, and none of an instance on demand", async () => {
    const { provider } = prepare();
    expect(await provider.launch(runnerOf("spot"))).toHaveProperty("pool", ALL[0]);
    expect(await provider.find(runnerOf("spot"))).toHaveProperty("pool", ALL[0]);
    const other = prepare();
    expect(await other.provider.launch(runnerOf("on-demand"))).not.toHaveProperty("pool");
    expect(await other.provider.find(runnerOf("on-demand"))).not.toHaveProperty("pool");
  });

  it("F-31: names the pools without spot capacity, and none that lacks it on demand or refuses otherwise", async () => {
    const { ec2, provider } = prepare();
    ec2.plan.push({ errors: ["InsufficientInstanceCapacity", "Unsupported", "UnfulfillableCapacity"] });
    expect(await provider.launch(runnerOf())).toMatchObject({
      kind: "launched",
      market: "on-demand",
      shortPools: [ALL[0], ALL[2]],
    });
    ec2.plan.push(NONE);
    expect(await provider.launch(runnerOf("on-demand", { launchRound: 1 }))).not.toHaveProperty("shortPools");
  });

  it("F-31: names the pools without capacity of an answer that has an instance, too", async () => {
    const { ec2, provider } = prepare();
    const create = ec2.createFleet;
    const Overrides = { InstanceType: "m7g.large" as const, SubnetId: "subnet-2" };
    ec2.createFleet = async (request) => ({
      ...(await create(request)),
      Errors: [{ ErrorCode: "InsufficientInstanceCapacity", LaunchTemplateAndOverrides: { Overrides } }],
    });
    expect(await provider.launch(runnerOf())).toMatchObject({ kind: "launched", shortPools: [ALL[3]] });
  });
});

describe("an account without the service-linked role of spot", () => {
  const CODE = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
  const logged = () => {
    const lines: string[] = [];
    jest.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
    return lines;
  };
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ["thrown", { throws: ec2Error(CODE) }],
    ["inside an answer", { errors: [CODE, CODE, CODE, CODE] }],
  ])("F-32: launches on demand, loudly (%s)", async (_, planned) => {
    const lines = logged();
    const { ec2, provider } = prepare();
    ec2.plan.push(planned);
    expect(await provider.launch(runnerOf())).toMatchObject({
      kind: "launched",
      market: "on-demand",
      lacksSpotRole: true,
    });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: "ERROR",
        code: "SPOT_ROLE_MISSING",
        remedy: expect.stringContaining("create-service-linked-role"),
      },
    ]);
  });

  it("F-32: is told apart where the class allows spot alone", async () => {
    logged();
    const { ec2, provider } = prepare();
    ec2.plan.push({ throws: ec2Error(CODE) });
    expect(await provider.launch(runnerOf("spot"))).toMatchObject({ kind: "refused", refusal: "spot-role" });
    expect(ec2.fleetCalls).toHaveLength(1);
  });
});

describe("find", () => {
  it("I-19: goes by deployment and job, and takes none that is ending", async () => {
    const { ec2, provider } = prepare();
    expect(await provider.find(runnerOf())).toBeUndefined();
    await provider.launch(runnerOf());
    expect(await provider.find(runnerOf())).toMatchObject({ resourceId: "i-00000000000000001" });
    expect(
      await provider.find(runnerOf("spot-first", { launchedFor: { jobId: 3_580_121_225, attempt: 2 } })),
    ).toBeUndefined();
    const neighbour = ec2Provider(ec2, { ...SETTINGS, deploymentId: "another" });
    expect(await neighbour.find(runnerOf())).toBeUndefined();
    await ec2.terminateInstances({ InstanceIds: ["i-00000000000000001"] });
    expect(await provider.find(runnerOf())).toBeUndefined();
  });
});

describe("the contract of every provider, on an EC2 that does not show its instances yet", () => {
  providerContract(() => {
    const { ec2, provider } = prepare();
    ec2.isVisible = false;
    return { provider, sent: () => ec2.fleetCalls.map((call) => JSON.stringify(call)) };
  });
});
