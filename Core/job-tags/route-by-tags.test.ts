import fc from "fast-check";
import type { StoredRow } from "../routing/mapping-state";
import { type RoutingSettings, route } from "../routing/routing";
import { parseRoutingSettings } from "../routing/routing-settings";
import type { TagBounds } from "./bounds";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";
const AMI_ARM = "ami-0123456789abcdef0";
const AMI_X86 = "ami-fedcba98";

const STACK: RoutingSettings = parseRoutingSettings(
  {
    DEFAULT_RUNNER_ARN: ARN,
    DEFAULT_ARCHITECTURE: "arm64",
    INSTANCE_TYPES_ARM64: "m7g.large,r7g.xlarge,c7g.xlarge,m7g.xlarge,m99g.4xlarge,c7g.large,m7g.4xlarge",
    INSTANCE_TYPES_X86_64: "m7i.large,m6i.xlarge",
    MARKET: "spot-first",
    DISK_GIB: "30",
    EC2_LIFETIME_SECONDS: "3600",
    EC2_MAX_LIFETIME_SECONDS: "7200",
    EC2_WAIT_TIMEOUT_SECONDS: "100",
    LAMBDA_LIFETIME_SECONDS: "900",
    LAMBDA_WAIT_TIMEOUT_SECONDS: "50",
  },
  { region: "eu-west-1", account: "111122223333" },
);

const classRow = (name: string, fields: object): StoredRow => ({
  type: "EC2",
  ...fields,
  pk: `class#${name}`,
  sk: "class",
});
const CLASSES = [
  classRow("docker", { privileged: true, diskGiB: 60 }),
  classRow("vm", { type: "MICROVM", privileged: true }),
  classRow("team", { projects: [7], market: "on-demand" }),
  classRow("intel", { architecture: "x86_64", instanceTypes: ["m7i.large"] }),
  classRow("short", { type: "LAMBDA", lifetimeSeconds: 600 }),
  classRow("broken", { market: "cheap" }),
  classRow("long", { lifetimeSeconds: 10_000 }),
];
const settingsRow = (fields: object): StoredRow => ({ ...fields, pk: "settings", sk: "settings" });

const routeOf = (
  tags: readonly string[],
  {
    bounds,
    rows = [],
    stack = STACK,
    ...settings
  }: {
    bounds?: TagBounds;
    rows?: readonly StoredRow[];
    stack?: RoutingSettings;
    unmappedJobs?: string;
  } = {},
) => {
  const all = [
    ...CLASSES,
    settingsRow({ ...settings, ...(bounds === undefined ? {} : { bounds }) }),
    ...rows,
  ];
  const job = { projectId: 42, name: "build", tags, verified: true };
  return route(job, async (pk) => all.filter((row) => row.pk === pk), stack);
};
const ec2Of = async (tags: readonly string[], bounds?: TagBounds): Promise<unknown> => {
  const decided = await routeOf(tags, bounds ? { bounds } : {});
  return decided.kind === "route" ? decided.runnerClass.ec2 : decided;
};

describe("a job without a row that asks by its tags", () => {
  it("for a function gets the default function, with exactly its tags", async () => {
    expect(await routeOf(["b", "aws:lambda", "a"])).toMatchObject({
      kind: "route",
      provider: "LAMBDA",
      functionArn: ARN,
      tags: ["a", "aws:lambda", "b"],
      runnerClass: { name: "default", type: "LAMBDA" },
      why: { code: "job-tags", sentence: "No row matches, and the job's tags ask for aws:lambda." },
    });
  });

  it("for an instance gets the default class as it is", async () => {
    const { runnerClass, tags } = (await routeOf(["aws:ec2"])) as never as Record<string, unknown>;
    expect({ runnerClass, tags }).toEqual({ runnerClass: STACK.defaults.EC2, tags: ["aws:ec2"] });
  });

  it("for a size gets the types that have it, cheapest first, unknown prices last and by size", async () => {
    const expected = { architecture: "arm64", market: "spot-first", diskGiB: 30, privileged: false };
    expect(await ec2Of(["aws:cpu=4"])).toEqual({
      ...expected,
      instanceTypes: ["c7g.xlarge", "m7g.xlarge", "r7g.xlarge", "m7g.4xlarge"],
    });
    expect(await ec2Of(["aws:cpu=2", "aws:memory=16"])).toMatchObject({
      instanceTypes: ["m7g.xlarge", "r7g.xlarge", "m7g.4xlarge"],
    });
    expect(await ec2Of(["aws:memory=33"])).toMatchObject({ instanceTypes: ["m7g.4xlarge"] });
  });

  it("for an architecture, a market, a disk gets them over what the stack says", async () => {
    const tags = ["aws:arch=x86_64", "aws:spot=false", "aws:disk=100"];
    expect(await ec2Of(tags)).toEqual({
      architecture: "x86_64",
      instanceTypes: ["m7i.large", "m6i.xlarge"],
      market: "on-demand",
      diskGiB: 100,
      privileged: false,
    });
  });

  it.each([
    ["spot-first", "aws:spot=true", "spot-first"],
    ["spot", "aws:spot=true", "spot"],
    ["on-demand", "aws:spot=true", "spot-first"],
    ["spot", "aws:spot=false", "on-demand"],
  ] as const)("in a stack that buys %s, %s means %s", async (market, tag, expected) => {
    const { EC2 } = STACK.defaults;
    const stack = {
      ...STACK,
      defaults: { ...STACK.defaults, EC2: { ...EC2, ec2: { ...EC2.ec2!, market } } },
    };
    expect(await routeOf([tag], { stack })).toMatchObject({ runnerClass: { ec2: { market: expected } } });
  });

  it("for a class gets it, and what its other tags say goes over it", async () => {
    expect(await routeOf(["aws:class=intel", "aws:cpu=2", "aws:disk=80"])).toMatchObject({
      runnerClass: {
        name: "intel",
        ec2: { architecture: "x86_64", instanceTypes: ["m7i.large"], diskGiB: 80 },
      },
    });
    expect(await routeOf(["aws:class=short"])).toMatchObject({
      provider: "LAMBDA",
      functionArn: ARN,
      runnerClass: { name: "short", lifetimeSeconds: 600 },
    });
  });

  it("for an image gets its id, and its architecture where it has one alone", async () => {
    const images = { tools: { arm64: AMI_ARM, x86_64: AMI_X86 }, intel: { x86_64: AMI_X86 } };
    expect(await ec2Of(["aws:image=tools"], { images })).toMatchObject({
      architecture: "arm64",
      imageId: AMI_ARM,
    });
    expect(await ec2Of(["aws:image=tools", "aws:arch=x86_64"], { images })).toMatchObject({
      imageId: AMI_X86,
    });
    expect(await ec2Of(["aws:image=intel"], { images })).toMatchObject({
      architecture: "x86_64",
      instanceTypes: ["m7i.large", "m6i.xlarge"],
      imageId: AMI_X86,
    });
  });

  it("for a privileged class gets it where the bounds list it", async () => {
    expect(await routeOf(["aws:class=docker"], { bounds: { classes: ["docker"] } })).toMatchObject({
      runnerClass: { name: "docker", ec2: { privileged: true } },
    });
  });

  it("gets no types beyond the bounds", async () => {
    expect(await ec2Of(["aws:cpu=4"], { cpu: 8, memory: 16 })).toMatchObject({
      instanceTypes: ["c7g.xlarge", "m7g.xlarge"],
    });
  });

  const images = { arm: { arm64: AMI_ARM } };
  it.each<readonly [readonly string[], TagBounds, string, RegExp]>([
    [["aws:cpu=four"], {}, "bad-tags", /^The job's tag aws:cpu=four: its value must be a whole number/],
    [["aws:foo", "aws:cpu=4"], {}, "bad-tags", /aws:foo is unknown/],
    [["aws:lambda", "aws:cpu=2"], {}, "bad-tags", /contradict each other/],
    [
      ["aws:cpu=32"],
      {},
      "beyond-bounds",
      /ask for at most 16 vCPUs and 64 GiB, or deploy AutoScaler with larger types in its parameter InstanceTypesArm64,/,
    ],
    [
      ["aws:cpu=8"],
      { cpu: 4 },
      "beyond-bounds",
      /at most 4 vCPUs and 32 GiB, or raise "cpu" and "memory" in "bounds"/,
    ],
    [
      ["aws:cpu=4", "aws:arch=x86_64", "aws:memory=17"],
      {},
      "beyond-bounds",
      /at most 4 vCPUs and 16 GiB, or .* InstanceTypesX86,/,
    ],
    [["aws:disk=501"], {}, "beyond-bounds", /at most 500 GiB of disk/],
    [["aws:disk=50"], { disk: 40 }, "beyond-bounds", /at most 40 GiB of disk/],
    [["aws:image=tools"], {}, "beyond-bounds", /lists no image tools/],
    [["aws:image=toString"], { images }, "beyond-bounds", /lists no image toString/],
    [["aws:image=arm", "aws:arch=x86_64"], { images }, "beyond-bounds", /image arm is not for x86_64/],
    [["aws:image=arm", "aws:class=intel"], { images }, "beyond-bounds", /image arm is not for x86_64/],
    [["aws:class=docker"], {}, "beyond-bounds", /class docker is privileged/],
    [["aws:class=docker"], { classes: ["team"] }, "beyond-bounds", /class docker is privileged/],
    [["aws:class=vm", "aws:microvm"], {}, "beyond-bounds", /class vm is privileged/],
    [["aws:class=none"], {}, "beyond-bounds", /mapping has no class none/],
    [["aws:class=intel", "aws:arch=arm64"], {}, "beyond-bounds", /class is for x86_64/],
    [
      ["aws:class=intel", "aws:cpu=4"],
      {},
      "beyond-bounds",
      /at most 2 vCPUs and 8 GiB, or add larger ones to "instanceTypes" of the class\.$/,
    ],
    [["aws:class=short", "aws:cpu=4"], {}, "beyond-bounds", /type LAMBDA, which does not go with aws:cpu=4/],
    [["aws:class=intel", "aws:lambda"], {}, "beyond-bounds", /type EC2, which does not go with aws:lambda/],
    [["aws:class=team"], {}, "project-not-allowed", /project 42 may not use/],
    [["aws:class=broken"], {}, "bad-row", /row class#broken \/ class has a market that cannot be/],
    [["aws:class=long"], {}, "bad-row", /wants 10000 s of life/],
  ])(
    "I-27: and asks wrongly or for too much fails with the remedy: %j within %j",
    async (tags, bounds, code, text) => {
      for (const unmappedJobs of ["DEFAULT", "UNTAGGED", "IGNORE"]) {
        const decided = await routeOf(tags, { bounds, unmappedJobs });
        expect(decided).toMatchObject({
          kind: "failed",
          why: { code, sentence: expect.stringMatching(text) },
        });
        // The ledger keeps 300 characters of a failure's message.
        expect(decided.kind === "failed" && decided.why.sentence).toMatch(/^.{1,300}$/s);
      }
    },
  );

  it("I-27: for a function fails where none was deployed", async () => {
    const { defaultRunnerArn: _, ...stack } = STACK;
    expect(await routeOf(["aws:lambda"], { stack })).toMatchObject({
      kind: "failed",
      why: {
        code: "no-default-runner",
        sentence: expect.stringContaining("DefaultRunnerArn names no Lambda function"),
      },
    });
  });

  it("needs no default: it is met whatever unmappedJobs says", async () => {
    for (const unmappedJobs of ["DEFAULT", "UNTAGGED", "IGNORE"]) {
      expect(await routeOf(["aws:cpu=2"], { unmappedJobs })).toMatchObject({
        kind: "route",
        provider: "EC2",
      });
    }
  });

  it("says the same whatever the order of its tags", async () => {
    const some = [
      "aws:cpu=2",
      "aws:ec2",
      "aws:spot=false",
      "aws:disk=40",
      "aws:class=intel",
      "aws:oops",
      "k8s",
    ];
    const orders = fc
      .subarray(some)
      .chain((tags) => fc.tuple(fc.constant(tags), fc.shuffledSubarray(tags, { minLength: tags.length })));
    await fc.assert(
      fc.asyncProperty(orders, async ([tags, again]) => {
        expect(await routeOf(again)).toEqual(await routeOf(tags));
      }),
    );
  });

  it("reads one class and nothing else besides", async () => {
    const asked: string[] = [];
    const job = { projectId: 42, name: "build", tags: ["aws:class=intel"], verified: true };
    await route(
      job,
      async (pk) => {
        asked.push(pk);
        return [];
      },
      STACK,
    );
    expect(asked).toEqual([
      "project#42#job#build",
      "job#build",
      "job#*",
      "settings",
      "class#default",
      "mapping",
      "class#intel",
    ]);
  });
});

describe("a job with tags of ours", () => {
  const row = { pk: "job#build", sk: "tags#aws:cpu=4", type: "LAMBDA", arn: ARN };

  it("that has a row gets the row's runner: the row decides first", async () => {
    expect(await routeOf(["aws:cpu=4"], { rows: [row] })).toMatchObject({
      kind: "route",
      provider: "LAMBDA",
      tags: ["aws:cpu=4"],
      why: { code: "name-row" },
    });
  });

  it("that are wrong gets a row's runner too, for the row says exactly these tags", async () => {
    const rows = [{ ...row, sk: "tags#aws:cpu=four" }];
    expect(await routeOf(["aws:cpu=four"], { rows })).toMatchObject({ why: { code: "name-row" } });
  });

  it("asks for nothing without AccessToken: nobody knows its tags", async () => {
    const job = { projectId: 42, name: "build", tags: ["aws:cpu=4"], verified: false };
    expect(await route(job, async () => [], STACK)).toMatchObject({ why: { code: "default-runner" } });
  });
});

describe("the bounds of the settings", () => {
  it.each<readonly [unknown, string]>([
    ["much", "must be an object with some of cpu, memory, disk, images, classes"],
    [[], "must be an object"],
    [null, "must be an object"],
    [{ vcpu: 4 }, 'has the unknown field "vcpu": known are cpu, memory'],
    [{ toString: 4 }, 'has the unknown field "toString"'],
    [{ cpu: 0 }, "has a cpu that must be a whole number of vCPUs"],
    [{ memory: "16" }, "has a memory that must be a whole number of GiB"],
    [{ disk: 20_000 }, "has a disk that must be"],
    [{ images: ["ami-12345678"] }, "has a images that must be like"],
    [{ images: { tools: "ami-12345678" } }, "has a images that must be like"],
    [{ images: { tools: {} } }, "has a images that must be like"],
    [{ images: { tools: { riscv: "ami-12345678" } } }, "has a images that must be like"],
    [{ images: { tools: { arm64: "resolve:ssm:/x" } } }, "has a images that must be like"],
    [{ images: { "a b": { arm64: "ami-12345678" } } }, "has a images that must be like"],
    [{ classes: "docker" }, "has a classes that must list names of classes"],
    [{ classes: ["default"] }, "has a classes that must list names of classes"],
  ])("F-75: %j are refused, and every start fails until they are right", async (bounds, problem) => {
    expect(await routeOf(["aws:cpu=2"], { bounds: bounds as TagBounds })).toMatchObject({
      kind: "failed",
      why: {
        code: "bad-row",
        sentence: expect.stringContaining(`has a bounds that cannot be: it ${problem}`),
      },
    });
  });
});
