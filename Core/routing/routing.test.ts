import fc from "fast-check";
import type { RunnerClass } from "../model/runner-class";
import { jobKey, projectJobKey, tagsKey } from "./mapping-keys";
import type { StoredRow } from "./mapping-state";
import { decide, lookUpKeys, type RoutedJob, type RoutingSettings, route } from "./routing";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";
const OTHER_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:other";
const DEFAULT_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:default";

const LAMBDA: RunnerClass = {
  name: "default",
  type: "LAMBDA",
  lifetimeSeconds: 900,
  waitTimeoutSeconds: 60,
  maxRunners: 50,
};
const EC2: RunnerClass = {
  name: "default",
  type: "EC2",
  lifetimeSeconds: 7200,
  waitTimeoutSeconds: 120,
  maxRunners: 50,
  ec2: {
    architecture: "arm64",
    instanceTypes: ["m7g.large", "c7g.large"],
    market: "spot-first",
    diskGiB: 30,
    privileged: false,
  },
};
const MICROVM: RunnerClass = {
  name: "default",
  type: "MICROVM",
  lifetimeSeconds: 7200,
  waitTimeoutSeconds: 60,
  maxRunners: 50,
  microVm: { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" },
};
const SETTINGS: RoutingSettings = {
  unmappedJobs: "DEFAULT",
  servedProjects: [],
  maxRunners: 100,
  defaultRunnerArn: DEFAULT_ARN,
  defaults: { LAMBDA, EC2, MICROVM },
  longestLifetimeSeconds: { LAMBDA: 900, EC2: 43_200, MICROVM: 28_800 },
  allowedInstanceTypes: { arm64: ["m7g.large", "c7g.large"], x86_64: ["m7i.large"] },
  home: { region: "eu-west-1", account: "111122223333" },
};

const job = (name: string, tags: readonly string[] = [], projectId = 42): RoutedJob => ({
  projectId,
  name,
  tags,
  verified: true,
});
const unverified = (name: string, projectId = 42): RoutedJob => ({
  projectId,
  name,
  tags: [],
  verified: false,
});

const reader = (rows: readonly StoredRow[]) => async (pk: string) => rows.filter((row) => row.pk === pk);
const routeTo = (wanted: RoutedJob, rows: readonly StoredRow[], settings = SETTINGS) =>
  route(wanted, reader(rows), settings);

const lambdaRow = (pk: string, tags: readonly string[], arn = ARN): StoredRow => ({
  pk,
  sk: tagsKey(tags),
  type: "LAMBDA",
  arn,
});
const ec2Row = (pk: string, tags: readonly string[], className?: string): StoredRow => ({
  pk,
  sk: tagsKey(tags),
  type: "EC2",
  ...(className ? { class: className } : {}),
});
const classRow = (name: string, fields: Record<string, unknown>): StoredRow => ({
  pk: `class#${name}`,
  sk: "class",
  type: "EC2",
  ...fields,
});

describe("routing", () => {
  it("finds the row by name and tags, whatever their order", async () => {
    const decided = await routeTo(job("build", ["b", "a", "b"]), [lambdaRow("job#build", ["a", "b"])]);
    expect(decided).toMatchObject({
      kind: "route",
      provider: "LAMBDA",
      functionArn: ARN,
      tags: ["a", "b"],
      runnerClass: LAMBDA,
      why: { code: "name-row", row: { pk: "job#build", sk: "tags#a#b" } },
    });
  });

  const order: readonly (readonly [string, StoredRow])[] = [
    ["project-row", lambdaRow("project#42#job#test 1/3", ["a"])],
    ["project-row", lambdaRow("project#42#job#test", ["a"])],
    ["name-row", lambdaRow("job#test 1/3", ["a"])],
    ["parallel-row", lambdaRow("job#test", ["a"])],
    ["tags-row", lambdaRow("job#*", ["a"])],
  ];
  it.each(order.map(([code], index) => [index, code] as const))(
    "asks project, name, name without its parallel part, tags alone: %i is %s",
    async (index, code) => {
      const rows = order
        .slice(index)
        .map(([, row], place) => ({ ...row, arn: place === 0 ? ARN : OTHER_ARN }));
      const decided = await routeTo(job("test 1/3", ["a"]), rows);
      expect(decided).toMatchObject({
        kind: "route",
        functionArn: ARN,
        why: { code, row: { pk: rows[0]!.pk } },
      });
    },
  );

  it("reads at most eight keys and a class, whatever the table holds", async () => {
    const asked: string[] = [];
    const rows = [ec2Row("job#test", ["a"], "big"), classRow("big", {})];
    await route(
      job("test: [x]", ["a"]),
      async (pk) => {
        asked.push(pk);
        return rows.filter((row) => row.pk === pk);
      },
      SETTINGS,
    );
    expect(asked).toEqual([
      "project#42#job#test: [x]",
      "project#42#job#test",
      "job#test: [x]",
      "job#test",
      "job#*",
      "settings",
      "class#default",
      "mapping",
      "class#big",
    ]);
  });

  it("a row of another project does not count", async () => {
    const decided = await routeTo(job("build", ["a"], 7), [lambdaRow("project#42#job#build", ["a"])]);
    expect(decided).toMatchObject({
      kind: "route",
      functionArn: DEFAULT_ARN,
      why: { code: "default-runner" },
    });
  });

  it("a named row needs exactly the job's tags, and the reason shows the near miss", async () => {
    const decided = await routeTo(job("build", ["arm"]), [lambdaRow("job#build", ["amr"])]);
    expect(decided).toMatchObject({ functionArn: DEFAULT_ARN });
    expect(decided.why.sentence).toContain("job#build / tags#amr");
  });

  describe("by tags alone", () => {
    it("takes a row whose tags contain the job's, the nearest first", async () => {
      const rows = [lambdaRow("job#*", ["a", "b", "c"], OTHER_ARN), lambdaRow("job#*", ["a", "b"])];
      expect(await routeTo(job("x", ["a"]), rows)).toMatchObject({ functionArn: ARN, tags: ["a"] });
      expect(await routeTo(job("x", ["c", "a"]), rows)).toMatchObject({
        functionArn: OTHER_ARN,
        tags: ["a", "c"],
      });
    });

    it("P-17: an untagged job matches no row that has tags", async () => {
      const rows = [lambdaRow("job#*", ["a"])];
      expect(await routeTo(job("x"), rows)).toMatchObject({ functionArn: DEFAULT_ARN });
      expect(await routeTo(job("x"), [...rows, lambdaRow("job#*", [])])).toMatchObject({ functionArn: ARN });
    });

    it("P-17: a row without tags matches no tagged job", async () => {
      expect(await routeTo(job("x", ["a"]), [lambdaRow("job#*", [])])).toMatchObject({
        functionArn: DEFAULT_ARN,
      });
    });

    it("F-15: two rows as near that ask for different runners fail, naming both", async () => {
      const rows = [lambdaRow("job#*", ["a", "b"]), lambdaRow("job#*", ["a", "c"], OTHER_ARN)];
      const decided = await routeTo(job("x", ["a"]), rows);
      expect(decided).toMatchObject({ kind: "failed", why: { code: "ambiguous" } });
      expect(decided.why.sentence).toContain("job#* / tags#a#b; job#* / tags#a#c");
    });

    it("two rows as near that ask for the same runner are one", async () => {
      const rows = [lambdaRow("job#*", ["a", "b"]), lambdaRow("job#*", ["a", "c"])];
      expect(await routeTo(job("x", ["a"]), rows)).toMatchObject({ kind: "route", functionArn: ARN });
    });
  });

  it("a job that is called * has no part in the rows for all jobs", async () => {
    const decided = await routeTo(job("*", ["a"]), [
      lambdaRow(jobKey("*"), ["a"]),
      lambdaRow("job#*", ["a"], OTHER_ARN),
    ]);
    expect(decided).toMatchObject({ functionArn: ARN, why: { code: "name-row" } });
  });

  it("F-15: rows by hand with the same tags in another order fail when they differ", async () => {
    const rows = [
      lambdaRow("job#build", ["a", "b"]),
      { ...lambdaRow("job#build", []), sk: "tags#b#a", arn: OTHER_ARN },
    ];
    expect(await routeTo(job("build", ["a", "b"]), rows)).toMatchObject({
      kind: "failed",
      why: { code: "ambiguous" },
    });
    expect(await routeTo(job("build", ["a", "b"]), rows.slice(1))).toMatchObject({ functionArn: OTHER_ARN });
  });

  describe("jobs without a row", () => {
    it("get the default runner with the job's own tags", async () => {
      expect(await routeTo(job("x", ["b", "a"]), [])).toMatchObject({
        kind: "route",
        provider: "LAMBDA",
        functionArn: DEFAULT_ARN,
        tags: ["a", "b"],
        why: { code: "default-runner" },
      });
    });

    it("get the default EC2 class where the stack has no default function", async () => {
      const { defaultRunnerArn: _, ...settings } = SETTINGS;
      const decided = await routeTo(job("x"), [], settings);
      expect(decided).toMatchObject({ kind: "route", provider: "EC2", runnerClass: EC2 });
      expect(decided).not.toHaveProperty("functionArn");
    });

    it("are left alone under IGNORE", async () => {
      const decided = await routeTo(job("x"), [], { ...SETTINGS, unmappedJobs: "IGNORE" });
      expect(decided).toMatchObject({ kind: "nothing", why: { code: "unmapped-ignored" } });
    });

    it.each(["runner", "arn:aws:s3:::bucket", ARN.replace("111122223333", "999999999999")])(
      "T-17: fail when the default runner is %s",
      async (defaultRunnerArn) => {
        const decided = await routeTo(job("x"), [], { ...SETTINGS, defaultRunnerArn });
        expect(decided).toMatchObject({ kind: "failed", why: { code: "no-default-runner" } });
      },
    );
  });

  describe("broken rows", () => {
    const keys = { pk: "job#build", sk: "tags#a" };
    it.each<readonly [string, Record<string, unknown>]>([
      ["no type", {}],
      ["an unknown type", { type: "FARGATE" }],
      ["a type in lower case", { type: "lambda", arn: ARN }],
      ["a type from the prototype", { type: "toString" }],
      ["an empty text for a function", { type: "LAMBDA", arn: "" }],
      ["a list for a function", { type: "LAMBDA", arn: [ARN] }],
      ["a function of another account", { type: "LAMBDA", arn: ARN.replace("111122223333", "999999999999") }],
      ["a function of another region", { type: "LAMBDA", arn: ARN.replace("eu-west-1", "us-east-1") }],
      [
        "another service's ARN",
        { type: "LAMBDA", arn: "arn:aws:states:eu-west-1:111122223333:stateMachine:x" },
      ],
      ["a class that is gone", { type: "EC2", class: "gone" }],
      ["a class that is no text", { type: "EC2", class: 7 }],
      ["a class of the other type", { type: "LAMBDA", arn: ARN, class: "docker" }],
      ["a class with an unknown market", { type: "EC2", class: "odd-market" }],
      ["a class with a type that the stack forbids", { type: "EC2", class: "metal" }],
      ["a class that lives too short", { type: "EC2", class: "short" }],
      ["a class that lives too long", { type: "EC2", class: "long" }],
      ["a class whose row has no type", { type: "EC2", class: "untyped" }],
    ])("I-27 F-15: %s fails, names the row, and never gets the default", async (_, fields) => {
      const rows = [
        { ...keys, ...fields },
        classRow("docker", {}),
        classRow("odd-market", { market: "auction" }),
        classRow("metal", { instanceTypes: ["p5.48xlarge"] }),
        classRow("short", { lifetimeSeconds: 599 }),
        classRow("long", { lifetimeSeconds: 43_201 }),
        classRow("untyped", { type: undefined }),
      ];
      const decided = await routeTo(job("build", ["a"]), rows);
      expect(decided).toMatchObject({ kind: "failed", why: { code: "bad-row", row: keys } });
      expect(decided.why.sentence).toContain("job#build / tags#a");
    });

    describe("a Lambda row that names no function", () => {
      const row = { ...keys, type: "LAMBDA" };

      it("is for the deployment's own Lambda runner", async () => {
        const settings = { ...SETTINGS, defaultRunnerArn: ARN };
        const decided = await routeTo(job("build", ["a"]), [row], settings);
        expect(decided).toMatchObject({ kind: "route", provider: "LAMBDA", functionArn: ARN });
      });

      it("I-27: fails where there is none, and never gets an instance instead", async () => {
        const { defaultRunnerArn: _, ...settings } = SETTINGS;
        const decided = await routeTo(job("build", ["a"]), [row], settings);
        expect(decided).toMatchObject({ kind: "failed", why: { code: "bad-row", row: keys } });
        expect(decided.why.sentence).toContain("deploy LambdaShellRunner");
      });

      it("T-17: fails where that is another account's", async () => {
        const defaultRunnerArn = ARN.replace("111122223333", "999999999999");
        const decided = await routeTo(job("build", ["a"]), [row], { ...SETTINGS, defaultRunnerArn });
        expect(decided).toMatchObject({ kind: "failed", why: { code: "bad-row" } });
      });
    });

    it("I-27: any type but the two known fails", async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.string(), fc.jsonValue()), async (type) => {
          fc.pre(type !== "LAMBDA" && type !== "EC2");
          const decided = await routeTo(job("build"), [{ pk: "job#build", sk: "tags#", type, arn: ARN }]);
          expect(decided.kind).toBe("failed");
        }),
      );
    });

    it("T-17: any function but one of this account and region fails", async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.string(), fc.jsonValue()), async (arn) => {
          const decided = await routeTo(job("build"), [
            { pk: "job#build", sk: "tags#", type: "LAMBDA", arn },
          ]);
          expect(decided.kind).toBe("failed");
        }),
      );
    });
  });

  describe("classes", () => {
    it("state what differs from the stack's default", async () => {
      const rows = [
        ec2Row("job#image", ["docker"], "docker"),
        classRow("docker", {
          architecture: "x86_64",
          privileged: true,
          diskGiB: 60,
          maxRunners: 3,
          lifetimeSeconds: 10_000,
          unknownFieldOfANewerVersion: 1,
        }),
      ];
      expect(await routeTo(job("image", ["docker"]), rows)).toMatchObject({
        kind: "route",
        provider: "EC2",
        runnerClass: {
          name: "docker",
          type: "EC2",
          lifetimeSeconds: 10_000,
          waitTimeoutSeconds: 120,
          maxRunners: 3,
          ec2: {
            architecture: "x86_64",
            instanceTypes: ["m7i.large"],
            market: "spot-first",
            diskGiB: 60,
            privileged: true,
          },
        },
      });
    });

    it("default names the stack's own class", async () => {
      const decided = await routeTo(job("x"), [ec2Row("job#x", [], "default")]);
      expect(decided).toMatchObject({ kind: "route", runnerClass: EC2 });
    });

    it("take instance types from a set typed by hand", async () => {
      const rows = [ec2Row("job#x", [], "c"), classRow("c", { instanceTypes: new Set(["c7g.large"]) })];
      expect(await routeTo(job("x"), rows)).toMatchObject({
        runnerClass: { ec2: { instanceTypes: ["c7g.large"] } },
      });
    });

    it("I-15 T-5: a project that the class does not name fails, whatever the row says", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 5 }),
          fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
          fc.constantFrom(jobKey("x"), "job#*", "own"),
          async (projectId, projects, pk) => {
            const key = pk === "own" ? projectJobKey(projectId, "x") : pk;
            const rows = [ec2Row(key, ["a"], "prod"), classRow("prod", { projects })];
            const decided = await routeTo(job("x", ["a"], projectId), rows);
            const refusal = decided.kind === "failed" ? decided.why.code : undefined;
            expect([decided.kind, refusal]).toEqual(
              projects.includes(projectId) ? ["route", undefined] : ["failed", "project-not-allowed"],
            );
          },
        ),
      );
    });
  });

  describe("without an access token", () => {
    it("takes the name's one row, and its tags", async () => {
      const decided = await routeTo(unverified("build"), [lambdaRow("job#build", ["b", "a"])]);
      expect(decided).toMatchObject({ kind: "route", functionArn: ARN, tags: ["a", "b"] });
    });

    it("F-15: a name with several rows fails, naming them", async () => {
      const rows = [lambdaRow("job#build", ["a"]), lambdaRow("job#build", ["b"])];
      const decided = await routeTo(unverified("build"), rows);
      expect(decided).toMatchObject({ kind: "failed", why: { code: "ambiguous" } });
      expect(decided.why.sentence).toContain("tags#a; job#build / tags#b");
    });

    it("does not go by tags alone: nobody knows them", async () => {
      const decided = await routeTo(unverified("build"), [lambdaRow("job#*", ["a"])]);
      expect(decided).toMatchObject({ kind: "route", functionArn: DEFAULT_ARN, tags: [] });
      expect(lookUpKeys(unverified("build"))).not.toContain("job#*");
    });

    it("fails on a row whose tags are a digest", async () => {
      const many = Array.from({ length: 100 }, (_, index) => `a-rather-long-tag-${index}`);
      expect(await routeTo(unverified("build"), [lambdaRow("job#build", many)])).toMatchObject({
        kind: "failed",
      });
      expect(await routeTo(job("build", many), [lambdaRow("job#build", many)])).toMatchObject({
        functionArn: ARN,
      });
    });
  });

  describe("uploads under way", () => {
    const staged = (generation: number) => ({ generation, row: { type: "LAMBDA", arn: OTHER_ARN } });
    const state = (applied: number): StoredRow => ({ pk: "mapping", sk: "state", applied, issued: 2 });
    const rows = [
      { ...lambdaRow("job#build", ["a"]), staged: staged(2) },
      { pk: "project#42#job#build", sk: "tags#a", staged: staged(2) },
    ];

    it("F-54: before its moment the old mapping counts whole, after it the new one", async () => {
      const before = await routeTo(job("build", ["a"]), [...rows, state(1)]);
      const after = await routeTo(job("build", ["a"]), [...rows, state(2)]);
      expect(before).toMatchObject({ functionArn: ARN, why: { code: "name-row" } });
      expect(after).toMatchObject({ functionArn: OTHER_ARN, why: { code: "project-row" } });
    });

    it("F-54: a class changes in the same moment as the rows that use it", async () => {
      const classRows = [
        { ...ec2Row("job#x", []), staged: { generation: 2, row: { type: "EC2", class: "new" } } },
        { pk: "class#new", sk: "class", staged: { generation: 2, row: { type: "EC2", diskGiB: 99 } } },
      ];
      expect(await routeTo(job("x"), [...classRows, state(1)])).toMatchObject({
        runnerClass: { name: "default" },
      });
      expect(await routeTo(job("x"), [...classRows, state(2)])).toMatchObject({
        runnerClass: { name: "new", ec2: { diskGiB: 99 } },
      });
    });
  });

  it("I-28: a decision is the same for any order of the job's tags and of the stored rows", async () => {
    const tag = fc.constantFrom("a", "b", "c", "d");
    const row = fc.record({
      pk: fc.constantFrom("job#x", "project#42#job#x", "job#*", "job#y"),
      tags: fc.array(tag, { maxLength: 4 }),
      arn: fc.constantFrom(ARN, OTHER_ARN),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.array(tag, { maxLength: 4 }),
        async (described, tags) => {
          const byKey = new Map(
            described.map(({ pk, tags: own, arn }) => [`${pk} ${tagsKey(own)}`, lambdaRow(pk, own, arn)]),
          );
          const rows = [...byKey.values()];
          const wanted = job("x 1/2", tags);
          const decided = await routeTo(wanted, rows);
          const again = await routeTo(job("x 1/2", [...tags, ...tags].reverse()), [...rows].reverse());
          const essence = (one: typeof decided) => [
            one.kind,
            one.why.code,
            one.kind === "route" ? one.functionArn : undefined,
          ];
          expect(essence(again)).toEqual(essence(decided));
        },
      ),
    );
  });

  it("F-60: hostile names are data: they match their own row and nothing else", async () => {
    const names = [
      "`id`",
      "$(touch /tmp/x)",
      '"; shutdown -h now #`',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile names look like this
      "${AWS::AccountId}",
      "{{resolve:ssm:/x}}",
      "$.States",
      "<aws.events.event>",
      "__proto__",
      "constructor",
      "a\u0000b",
      "a\r\nb",
      "\u001b[31mred",
    ];
    for (const name of names) {
      const rows = [lambdaRow(jobKey(name), ["a"]), lambdaRow("job#constructor2", ["a"], OTHER_ARN)];
      expect(await routeTo(job(name, ["a"]), rows)).toMatchObject({ functionArn: ARN });
      expect(await routeTo(job(`${name}x`, ["a"]), rows)).toMatchObject({ functionArn: DEFAULT_ARN });
    }
  });

  it("F-63: a name over the key's limit gets the default and no error", async () => {
    expect(await routeTo(job("n".repeat(3_000), ["a"]), [])).toMatchObject({ functionArn: DEFAULT_ARN });
  });

  it("decides by what was read before, without reading", () => {
    const rows = new Map([["job#build", [lambdaRow("job#build", ["a"])]]]);
    expect(decide(job("build", ["a"]), rows, SETTINGS)).toMatchObject({ functionArn: ARN });
  });
});
