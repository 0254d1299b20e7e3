import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { appliedGeneration, type StoredRow } from "../../../Core/routing/mapping-state";
import { parseRoutingSettings, route } from "../../../Core/routing/routing";
import { ACCOUNT, DeploymentDouble, functionArn, REGION } from "../../testing/deployment-double";
import { GITLAB, TOKEN } from "../../testing/gitlab-double";

const ARN = functionArn("runner");
const FILE = "mapping.json";

const document = (jobs: readonly object[], classes?: object): string =>
  JSON.stringify({ ...(classes ? { classes } : {}), jobs }, undefined, 2);

const SMALL = document(
  [
    { type: "LAMBDA", name: "unit", tags: ["b", "a"], lambdaArn: ARN },
    { type: "EC2", name: "image build", project: 42, tags: ["docker"], class: "docker" },
    { type: "EC2", name: "*", tags: ["arm64"] },
  ],
  { docker: { type: "EC2", privileged: true, instanceTypes: ["m7g.large"] } },
);

const simulationWith = (text: string): DeploymentDouble => {
  const world = new DeploymentDouble();
  world.files.set(FILE, text);
  return world;
};

/** Rows as people would see them in the table: without the state. */
const rows = (world: DeploymentDouble): readonly StoredRow[] =>
  world.mapping.rows().filter(({ pk }) => pk !== "mapping") as unknown as readonly StoredRow[];

const upload = (world: DeploymentDouble, ...options: readonly string[]) =>
  world.run(["mapping", "upload", FILE, "--yes", ...options]);

describe("mapping upload", () => {
  it("writes the rows under the documented keys", async () => {
    const world = simulationWith(SMALL);
    const { exitCode, out } = await upload(world);
    expect([exitCode, out]).toEqual([0, "Uploaded: 4 added, 0 changed, 0 removed, 0 as they were."]);
    expect(rows(world)).toEqual(
      expect.arrayContaining([
        { pk: "job#unit", sk: "tags#a#b", type: "LAMBDA", arn: ARN },
        { pk: "project#42#job#image build", sk: "tags#docker", type: "EC2", class: "docker" },
        { pk: "job#*", sk: "tags#arm64", type: "EC2" },
        { pk: "class#docker", sk: "class", type: "EC2", privileged: true, instanceTypes: ["m7g.large"] },
      ]),
    );
    expect(rows(world)).toHaveLength(4);
  });

  const budgeted = (...projects: readonly (number | string)[]): DeploymentDouble => {
    const budgets = projects.map((project) => ({ project, usd: 10 }));
    const world = simulationWith(JSON.stringify({ settings: { budgets }, jobs: [] }));
    world.setParameter("Url", GITLAB, "String");
    world.setParameter("AccessToken", TOKEN);
    const IDS: Readonly<Record<string, number>> = { "group%2Fapp": 77, "Group%2FApp": 77 };
    world.fetch = async (url) => {
      const id = IDS[url.split("/projects/")[1] ?? ""];
      const body = id === undefined ? { message: "404 Project Not Found" } : { id };
      return {
        status: id === undefined ? 404 : 200,
        headers: { get: () => null },
        text: async () => JSON.stringify(body),
      };
    };
    return world;
  };

  it("stores a budget under its project's id, also where the document names the path", async () => {
    const world = budgeted(42, "group/app");
    expect((await upload(world)).exitCode).toBe(0);
    expect(rows(world)).toEqual([
      {
        pk: "settings",
        sk: "settings",
        budgets: [
          { project: 42, usd: 10 },
          { project: 77, usd: 10 },
        ],
      },
    ]);
    expect((await upload(world)).out).toContain("No change");
  });

  it.each([
    [["group/other"], "does not show the project group/other"],
    [["group/app", "Group/App"], "settings.budgets names project 77 twice"],
    [["group/*"], "must list budgets"],
  ])("F-75: writes nothing of budgets of %j: %s", async (projects, words) => {
    const world = budgeted(...projects);
    const { exitCode, err } = await upload(world);
    expect([exitCode === 0, err]).toEqual([false, expect.stringContaining(words)]);
    expect(world.writes()).toEqual([]);
  });

  it("F-54: a second upload changes nothing and writes nothing", async () => {
    const world = simulationWith(SMALL);
    await upload(world);
    world.calls.length = 0;
    const again = await upload(world);
    expect([again.exitCode, again.out]).toEqual([
      0,
      "No change: 0 added, 0 changed, 0 removed, 4 as they were.",
    ]);
    expect(world.writes()).toEqual([]);
  });

  it("F-54 F-75: lists every error with its line, and writes nothing", async () => {
    const world = simulationWith(`{
  "classes": {
    "default": { "type": "EC2" },
    "slow": { "type": "EC2", "lifetimeSeconds": 10, "markt": "spot" },
    "fn": { "type": "LAMBDA", "diskGiB": 20 },
    "metal": { "type": "EC2", "instanceTypes": ["p5.48xlarge"] }
  },
  "jobs": [
    { "type": "LAMDBA", "name": "a", "lambdaArn": "${ARN}" },
    { "type": "LAMBDA", "name": "b", "lambdaArn": "" },
    { "type": "LAMBDA", "name": "c", "lambdaArn": "arn:aws:lambda:${REGION}:999999999999:function:x" },
    { "type": "LAMBDA", "name": "d", "lambdaArn": "arn:aws:s3:::bucket" },
    { "type": "EC2", "name": "" },
    { "type": "EC2", "name": "f", "tags": [""] },
    { "type": "EC2", "name": "g", "tags": "docker" },
    { "type": "EC2", "name": "h", "project": -1 },
    { "type": "EC2", "name": "*", "project": 4 },
    { "type": "EC2", "name": "j", "class": "slwo" },
    { "type": "EC2", "name": "k", "lambdaArn": "${ARN}" },
    { "type": "EC2", "name": "l", "tags": ["x", "y"] },
    { "type": "EC2", "name": "l", "tags": ["y", "x", "x"] },
    { "type": "EC2", "name": "m", "name": "n" },
    { "type": "EC2", "name": "o", "nmae": "p" },
    "job"
  ]
}`);
    const { exitCode, err } = await upload(world);
    const found = err.split("\n").filter((line) => line.startsWith(FILE) && / error: /.test(line));
    const lines = found.map((line) => Number(line.split(":")[1]));
    expect(exitCode).toBe(1);
    expect(lines).toEqual([3, 4, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24]);
    expect(found.join("\n")).toContain('did you mean "market"');
    expect(found.join("\n")).toContain('did you mean "LAMBDA"');
    expect(found.join("\n")).toContain('did you mean "slow"');
    expect(found[16]).toContain("jobs[11] on line 20");
    expect(err).toContain("has 20 errors. Nothing was written.");
    expect(world.writes()).toEqual([]);
  });

  it.each([
    ["", 1],
    ["{", 1],
    ['{ "jobs": [ ], }', 1],
    ['{\n "jobs": [\n  {,}\n ]\n}', 3],
    ['{ "jobs": [] } x', 1],
    ["[]", 1],
    ["null", 1],
    ['{ "jobs": {} }', 1],
    ["// jobs\n{}", 1],
  ])("F-54: refuses %j, with its line", async (text, line) => {
    const world = simulationWith(text);
    const { exitCode, err } = await upload(world);
    expect(exitCode).toBe(1);
    expect(err).toContain(`${FILE}:${line}:`);
    expect(err).not.toMatch(/\n\s+at /);
    expect(world.writes()).toEqual([]);
  });

  it("F-65: refuses a document nested a hundred thousand deep", async () => {
    const { exitCode, err } = await upload(simulationWith("[".repeat(100_000)));
    expect([exitCode, err.includes("nested too deeply")]).toEqual([1, true]);
  });

  it("F-67: names of the prototype are names like any other", async () => {
    const world = simulationWith(
      `{ "jobs": [ { "type": "EC2", "name": "constructor", "__proto__": { "type": "LAMBDA" } } ] }`,
    );
    const refused = await upload(world);
    expect(refused.err).toContain('unknown field "__proto__"');
    world.files.set(FILE, document([{ type: "EC2", name: "constructor", class: "toString" }]));
    expect((await upload(world)).err).toContain('is "toString", which this document does not declare');
    world.files.set(FILE, document([{ type: "EC2", name: "__proto__", tags: ["hasOwnProperty"] }]));
    expect((await upload(world)).exitCode).toBe(0);
    expect(rows(world)).toEqual([{ pk: "job#__proto__", sk: "tags#hasOwnProperty", type: "EC2" }]);
  });

  it("F-63 F-71: refuses names and tags over DynamoDB's key limits, and takes those at the limit", async () => {
    const tags = Array.from({ length: 100 }, (_, index) => `a-rather-long-tag-${index}`);
    const world = simulationWith(
      document([
        { type: "EC2", name: "n".repeat(2_045) },
        { type: "EC2", name: "x", tags },
      ]),
    );
    const { err } = await upload(world);
    expect(err).toContain("jobs[0].name is too long");
    expect(err).toContain("jobs[1].tags are too long");
    world.files.set(FILE, document([{ type: "EC2", name: "n".repeat(2_044), tags: ["t".repeat(1_019)] }]));
    expect((await upload(world)).exitCode).toBe(0);
  });

  it("takes the document's older form, where an EC2 job may have an empty lambdaArn", async () => {
    const world = simulationWith(
      document([
        { type: "LAMBDA", name: "build", tags: ["x86"], lambdaArn: ARN },
        { type: "EC2", name: "package", tags: ["x86", "vm"], lambdaArn: "" },
      ]),
    );
    expect((await upload(world)).exitCode).toBe(0);
    expect(rows(world)).toHaveLength(2);
  });

  it("points out rows with the same tags and different providers, with the remedy", async () => {
    const world = simulationWith(
      document([
        { type: "LAMBDA", name: "a", tags: ["x"], lambdaArn: ARN },
        { type: "EC2", name: "b", tags: ["x"] },
        { type: "EC2", name: "c", tags: ["y"], project: 1 },
        { type: "LAMBDA", name: "d", tags: ["y"], project: 2, lambdaArn: ARN },
      ]),
    );
    const { exitCode, err } = await upload(world);
    const warnings = err.split("\n").filter((line) => line.includes("warning:"));
    expect(exitCode).toBe(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/jobs\[0\] \("a"\) and jobs\[1\] \("b"\).*Give each a tag of its own/);
  });

  it("shows the difference, asks, and leaves all as it is after a no", async () => {
    const world = simulationWith(SMALL);
    const { exitCode, err, console } = await world.run(["mapping", "upload", FILE], { answers: [false] });
    expect(exitCode).toBe(1);
    expect(console.questions).toEqual(["Write this to gitlab-runners-autoscaler?"]);
    expect(err).toMatch(/\+ +job +unit +a, b +LAMBDA/);
    expect(world.writes()).toEqual([]);
  });

  it("without anybody to ask is a misuse that names the way out", async () => {
    const world = simulationWith(SMALL);
    const { exitCode, err } = await world.run(["mapping", "upload", FILE]);
    expect(exitCode).toBe(2);
    expect(err).toContain("--yes");
    expect(world.writes()).toEqual([]);
  });

  it("--dry-run shows the difference and writes nothing", async () => {
    const world = simulationWith(SMALL);
    const { exitCode, out } = await upload(world, "--dry-run");
    expect([exitCode, out]).toEqual([0, "Would be: 4 added, 0 changed, 0 removed, 0 as they were."]);
    expect(world.writes()).toEqual([]);
  });

  it("leaves rows that the document lacks, until --prune", async () => {
    const world = simulationWith(SMALL);
    await upload(world);
    world.files.set(
      FILE,
      document([{ type: "LAMBDA", name: "unit", tags: ["a", "b"], lambdaArn: functionArn("new") }]),
    );
    const kept = await upload(world);
    expect(kept.out).toBe("Uploaded: 0 added, 1 changed, 0 removed, 0 as they were.");
    expect(kept.err).toContain("3 rows are in the table and not in the document");
    const pruned = await upload(world, "--prune");
    expect(pruned.out).toBe("Uploaded: 0 added, 0 changed, 3 removed, 1 as they were.");
    expect(rows(world)).toEqual([
      { pk: "job#unit", sk: "tags#a#b", type: "LAMBDA", arn: functionArn("new") },
    ]);
  });

  it("keeps its hands off rows that are no mapping, also with --prune", async () => {
    const world = simulationWith(SMALL);
    world.mapping.put({ pk: "note", sk: "of somebody", text: "hands off" });
    await upload(world, "--prune");
    expect(world.mapping.get("note", "of somebody")).toBeDefined();
  });

  it("replaces a row by hand that says the same keys in another order", async () => {
    const world = simulationWith(SMALL);
    world.mapping.put({ pk: "job#unit", sk: "tags#b#a", type: "EC2" });
    const { out } = await upload(world);
    expect(out).toBe("Uploaded: 4 added, 0 changed, 1 removed, 0 as they were.");
    expect(world.mapping.get("job#unit", "tags#b#a")).toBeUndefined();
  });

  it("F-54: a stack that is not there is a sentence, not a table of another name", async () => {
    const world = simulationWith(SMALL);
    const { exitCode, err } = await upload(world, "--stack-name", "typo");
    expect(exitCode).toBe(1);
    expect(err).toContain("There is no stack typo in us-east-1, account 111122223333");
    expect(world.writes()).toEqual([]);
  });

  it("a file that is not there is a misuse", async () => {
    const { exitCode, err } = await new DeploymentDouble().run([
      "mapping",
      "upload",
      "nothing.json",
      "--yes",
    ]);
    expect([exitCode, err]).toEqual([2, "Error: There is no file nothing.json: check the name"]);
  });

  it("--json gives one document", async () => {
    const world = simulationWith(SMALL);
    const { out } = await upload(world, "--json");
    expect(JSON.parse(out)).toMatchObject({ written: true, added: 4, warnings: [] });
  });
});

const SETTINGS = parseRoutingSettings(new DeploymentDouble().environment, {
  region: REGION,
  account: ACCOUNT,
});

/** Where jobs would go, by the product's own look-up. */
const destinations = async (
  world: DeploymentDouble,
  names: readonly string[],
): Promise<readonly string[]> => {
  const read = async (pk: string) =>
    world.mapping.rows().filter((row) => row.pk === pk) as unknown as readonly StoredRow[];
  return Promise.all(
    names.map(async (name) => {
      const decided = await route({ projectId: 42, name, tags: ["t"], verified: true }, read, SETTINGS);
      return decided.kind === "route" ? `${decided.functionArn} ${decided.runnerClass.name}` : decided.kind;
    }),
  );
};

const COUNT = 120;
const KEPT = 100;
const NAMES = Array.from({ length: COUNT }, (_, index) => `job ${index}`);
const jobsTo = (name: string, count = COUNT) =>
  document(
    NAMES.slice(0, count).map((job) => ({
      type: "LAMBDA",
      name: job,
      tags: ["t"],
      lambdaArn: functionArn(name),
    })),
  );

class Killed extends Error {}

/** A process that dies at its nth write: nothing more of it reaches AWS. */
const killAt = (world: DeploymentDouble, nth: number, hasEffect: boolean): void => {
  let writes = 0;
  world.before = (call) => {
    const isWrite = !/^(Get|Describe|Scan|Query)/.test(call.command);
    if (isWrite) writes += 1;
    if (writes > nth || (writes === nth && isWrite && !hasEffect)) throw new Killed("killed");
  };
};

describe("uploads that meet trouble", () => {
  const writesOfOne = async (): Promise<number> => {
    const world = simulationWith(jobsTo("old"));
    await upload(world);
    world.calls.length = 0;
    world.files.set(FILE, jobsTo("new", KEPT));
    await upload(world, "--prune");
    return world.writes().length;
  };

  it("F-54: killed at any write, before or after its effect, it leaves the old mapping whole or the new one", async () => {
    const total = await writesOfOne();
    // Each is a kill point: the lock, what is staged, the switch, and what is tidied up.
    expect(total).toBe(6);
    const seen = new Set<string>();
    for (let nth = 1; nth <= total + 1; nth += 1) {
      for (const hasEffect of [false, true]) {
        const world = simulationWith(jobsTo("old"));
        await upload(world);
        const before = await destinations(world, NAMES);
        killAt(world, nth, hasEffect);
        world.files.set(FILE, jobsTo("new", KEPT));
        await upload(world, "--prune");
        const after = await destinations(world, NAMES);
        const isOld = JSON.stringify(after) === JSON.stringify(before);
        const isNew =
          after.slice(0, KEPT).every((each) => each.startsWith(functionArn("new"))) &&
          after.slice(KEPT).every((each) => each.startsWith(functionArn("default")));
        expect([nth, hasEffect, isOld !== isNew]).toEqual([nth, hasEffect, true]);
        seen.add(isOld ? "old" : "new");

        world.before = () => undefined;
        world.now += 61_000;
        const repaired = await upload(world, "--prune");
        expect([nth, hasEffect, repaired.exitCode]).toEqual([nth, hasEffect, 0]);
        expect(
          (await destinations(world, NAMES)).filter((each) => each.startsWith(functionArn("new"))),
        ).toHaveLength(KEPT);
        expect(rows(world).filter((row) => "staged" in row)).toEqual([]);
        expect(rows(world)).toHaveLength(KEPT);
      }
    }
    expect(seen).toEqual(new Set(["old", "new"]));
  });

  it("F-54: after a kill another has to wait for the lock to expire, and is told how long", async () => {
    const world = simulationWith(jobsTo("old"));
    killAt(world, 2, true);
    await upload(world);
    world.before = () => undefined;
    const { exitCode, err } = await upload(world);
    expect(exitCode).toBe(1);
    expect(err).toContain("its lock expires in 60 s");
  });

  it("F-54: of two at once one wins whole, and the other says so and writes nothing", async () => {
    const world = simulationWith(jobsTo("old"));
    let arrived = 0;
    let open: () => void = () => undefined;
    const bothAsked = new Promise<void>((resolve) => {
      open = resolve;
    });
    const answer = async (): Promise<boolean> => {
      arrived += 1;
      if (arrived === 2) open();
      await bothAsked;
      return true;
    };
    world.files.set("other.json", jobsTo("new"));
    const results = await Promise.all(
      [FILE, "other.json"].map((file) => world.run(["mapping", "upload", file], { answers: [answer] })),
    );
    expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    const loser = results.find(({ exitCode }) => exitCode === 1);
    expect(loser?.err).toMatch(/Another upload (is under way|changed the mapping).*Nothing was written/);
    const winner = results[0]?.exitCode === 0 ? "old" : "new";
    expect(new Set(await destinations(world, NAMES))).toEqual(new Set([`${functionArn(winner)} default`]));
  });

  it("F-54: one that lost its lock to another stops, and the other's mapping counts", async () => {
    const world = simulationWith(jobsTo("old"));
    let isSecondDone = false;
    world.before = async (call) => {
      const isStaging = call.command === "TransactWriteItemsCommand";
      if (!isStaging || isSecondDone) return;
      isSecondDone = true;
      world.now += 61_000;
      world.files.set("other.json", jobsTo("new"));
      const second = await world.run(["mapping", "upload", "other.json", "--yes"]);
      expect(second.exitCode).toBe(0);
    };
    const { exitCode, err } = await upload(world);
    expect(exitCode).toBe(1);
    expect(err).toContain("Another upload took over meanwhile");
    expect(new Set(await destinations(world, NAMES))).toEqual(new Set([`${functionArn("new")} default`]));
  });

  it("F-54: one that wakes up late cannot write over what another has staged", async () => {
    const world = simulationWith(jobsTo("old"));
    world.files.set("other.json", jobsTo("new"));
    let release: () => void = () => undefined;
    const othersAreStaged = new Promise<void>((resolve) => {
      release = resolve;
    });
    let second: ReturnType<DeploymentDouble["run"]> | undefined;
    world.before = async ({ command, input }) => {
      if (command === "TransactWriteItemsCommand" && second === undefined) {
        world.now += 61_000;
        second = world.run(["mapping", "upload", "other.json", "--yes"]);
        await othersAreStaged;
      }
      if (String(input.UpdateExpression).startsWith("SET applied") && second !== undefined) {
        release();
        await first;
      }
    };
    const first = upload(world);
    expect((await first).exitCode).toBe(1);
    expect((await second)?.exitCode).toBe(0);
    expect(new Set(await destinations(world, NAMES))).toEqual(new Set([`${functionArn("new")} default`]));
  });

  it("F-54: what DynamoDB did though its answer was lost is not done twice nor taken for somebody else's", async () => {
    const world = simulationWith(SMALL);
    const lost = new Set<string>();
    const { answers } = world;
    for (const command of ["UpdateItemCommand", "TransactWriteItemsCommand"]) {
      answers.set(command, (input: never) => {
        const done = world.dynamo.run(command, input);
        const { UpdateExpression = command } = input as { UpdateExpression?: string };
        if (lost.has(UpdateExpression)) return done;
        lost.add(UpdateExpression);
        return world.dynamo.run(command, input);
      });
    }
    expect((await upload(world)).exitCode).toBe(0);
    expect(lost.size).toBeGreaterThan(1);
    expect(appliedGeneration(world.mapping.rows() as unknown as readonly StoredRow[])).toBe(1);
    expect(rows(world)).toHaveLength(4);
  });

  it("shows a bar while it uploads ten thousand rows, and holds little beside them", () => {
    const script = join(__dirname, "../../testing/large-upload.ts");
    const options = ["--expose-gc", "--import", "tsx", script];
    const { stdout } = spawnSync(process.execPath, options, { encoding: "utf8" });
    const { exitCode, bars, writes, heldMiB } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(bars.some((bar: string) => /█+░+ \d+ % \(\d+\/20000\)/.test(bar))).toBe(true);
    // A transaction holds a hundred of the 20,000 rows; the lock and the generation are three more.
    expect(writes).toBeLessThanOrEqual(203);
    // The rows' text alone: less would be no measure.
    expect(heldMiB).toBeGreaterThan(1);
    // Measured: 63, which is six kilobytes a row for its text, what that was parsed into, the plan and the double's table.
    expect(heldMiB).toBeLessThan(75);
  });
});

describe("mapping pull and check", () => {
  it("what is pulled anew is in the order of keys, whatever order the table has", async () => {
    const world = new DeploymentDouble();
    for (const [name, tags] of [
      ["b", "z"],
      ["a", "z"],
      ["b", "a"],
      ["c", "m"],
    ])
      world.mapping.put({ pk: `job#${name}`, sk: `tags#${tags}`, type: "EC2" });
    const { out } = await world.run(["mapping", "pull"]);
    const { jobs } = JSON.parse(out) as { readonly jobs: readonly { name: string; tags: string[] }[] };
    expect(jobs.map(({ name, tags }) => `${name} ${tags.join()}`)).toEqual(["a z", "b a", "b z", "c m"]);
  });

  it("what is pulled is what was uploaded", async () => {
    const world = simulationWith(SMALL);
    await upload(world);
    const { exitCode, out } = await world.run(["mapping", "pull"]);
    expect(exitCode).toBe(0);
    world.files.set(FILE, out);
    expect((await upload(world, "--prune")).out).toContain("No change");
  });

  it("settings are checked, uploaded, shown as a difference, kept without --prune, and pulled", async () => {
    const document = (settings: string): string => `{ ${settings} "jobs": [] }`;
    const wrong = simulationWith(document('"settings": { "maxRunner": 5, "unmappedJobs": "NONE" },'));
    const refused = await upload(wrong);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('settings has the unknown field "maxRunner": did you mean "maxRunners"?');
    expect(refused.err).toContain("settings.unmappedJobs must be DEFAULT or UNTAGGED or IGNORE");

    const settings = '"settings": { "projects": [42, "group/*"], "maxRunnersPerProject": 5 },';
    const world = simulationWith(document(settings));
    expect((await upload(world)).err).toMatch(/\+ +settings .*projects=42,group\/\* maxRunnersPerProject=5/);
    expect(world.mapping.get("settings", "settings")).toMatchObject({
      projects: [42, "group/*"],
      maxRunnersPerProject: 5,
    });
    const { out } = await world.run(["mapping", "pull"]);
    expect(JSON.parse(out).settings).toEqual({ projects: [42, "group/*"], maxRunnersPerProject: 5 });
    world.files.set(FILE, out);
    expect((await upload(world)).out).toContain("No change");

    world.files.set(FILE, document(""));
    await upload(world);
    expect(world.mapping.get("settings", "settings")).toBeDefined();
    await upload(world, "--prune");
    expect(world.mapping.get("settings", "settings")).toBeUndefined();
  });

  it("I-27: pull writes nothing while the settings cannot be read", async () => {
    const world = simulationWith(SMALL);
    world.mapping.put({ pk: "settings", sk: "settings", maxRunners: "many" });
    const { exitCode, err } = await world.run(["mapping", "pull"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("Nothing was written");
    expect(err).toContain("settings / settings");
  });

  it("pull does not overwrite a file unasked", async () => {
    const world = simulationWith(SMALL);
    const refused = await world.run(["mapping", "pull", "--output", FILE]);
    expect([refused.exitCode, world.files.get(FILE)]).toEqual([2, SMALL]);
    expect((await world.run(["mapping", "pull", "--output", FILE, "--force"])).exitCode).toBe(0);
    expect(JSON.parse(world.files.get(FILE) ?? "")).toEqual({ jobs: [] });
  });

  it("pull tells of rows that no document can hold", async () => {
    const world = new DeploymentDouble();
    world.mapping.put({ pk: "job#x", sk: "tags#", type: "FARGATE" });
    const { exitCode, err } = await world.run(["mapping", "pull"]);
    expect(exitCode).toBe(1);
    expect(err).toContain('job#x / tags# has the unknown type "FARGATE"');
  });

  it("check needs no AWS, and tells right from wrong by its exit code", async () => {
    const world = simulationWith(SMALL);
    const right = await world.run(["mapping", "check", FILE]);
    expect([right.exitCode, right.out]).toEqual([0, "mapping.json is valid: 4 rows."]);
    expect(right.err).toMatch(/^Functions, instance types and lifetimes depend on the stack/);
    world.files.set(FILE, '{ "jobs": [ { "type": "EC2" } ] }');
    const wrong = await world.run(["mapping", "check", FILE, "--json"]);
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject({ valid: false, errors: [{ line: 1 }] });
    expect(world.calls).toEqual([]);
  });
});
