import { readMapping } from "./mapping-reading";
import type { StoredRow } from "./mapping-state";
import { type RoutingSettings, readSettings, route } from "./routing";
import { parseRoutingSettings } from "./routing-settings";
import { isListed, needsPath } from "./served-projects";
import { parseSettingsRow } from "./settings-row";

const STACK: RoutingSettings = parseRoutingSettings({
  DEFAULT_RUNNER_ARN: "arn:aws:lambda:eu-west-1:111122223333:function:runner",
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "m7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  DISK_GIB: "30",
  EC2_MAX_LIFETIME_SECONDS: "43200",
});

const settingsRow = (fields: object): StoredRow => ({ ...fields, pk: "settings", sk: "settings" });
const reader =
  (...rows: readonly StoredRow[]) =>
  async (pk: string): Promise<readonly StoredRow[]> =>
    rows.filter((row) => row.pk === pk);

const job = (tags: readonly string[] = [], verified = true) => ({
  projectId: 42,
  name: "build",
  tags,
  verified,
});

describe("the settings row", () => {
  it("is not needed: then the defaults count", async () => {
    expect(await readSettings(reader(), STACK)).toMatchObject({
      servedProjects: [],
      maxRunners: 100,
      unmappedJobs: "DEFAULT",
      defaults: { LAMBDA: { maxRunners: 50 }, EC2: { maxRunners: 50 } },
    });
    expect((await readSettings(reader(), STACK)) as object).not.toHaveProperty("maxRunnersPerProject");
  });

  it("I-22: gives the limits of the stack, of classes without their own and of projects", async () => {
    const row = settingsRow({ maxRunners: 9, maxRunnersPerClass: 4, maxRunnersPerProject: 2 });
    const mapped = { pk: "job#build", sk: "tags#x", type: "EC2", class: "small" };
    const small = { pk: "class#small", sk: "class", type: "EC2", maxRunners: 3, priority: 7 };
    expect(await route(job(), reader(row), STACK)).toMatchObject({
      limits: { stack: 9, project: 2 },
      runnerClass: { maxRunners: 4 },
    });
    expect(await route(job(["x"]), reader(row, mapped, small), STACK)).toMatchObject({
      limits: { stack: 9, project: 2 },
      runnerClass: { maxRunners: 3, priority: 7 },
    });
  });

  it("F-37: says when a spot pool rests, to orders of EC2 alone; without it the order says nothing", async () => {
    const spotBreaker = { failures: 3, withinMinutes: 5, restMinutes: 60 };
    const mapped = { pk: "job#build", sk: "tags#x", type: "EC2" };
    const row = settingsRow({ spotBreaker });
    expect(await route(job(["x"]), reader(row, mapped), STACK)).toMatchObject({ kind: "route", spotBreaker });
    expect(await route(job(), reader(row, mapped), STACK)).not.toHaveProperty("spotBreaker");
    expect(await route(job(["x"]), reader(mapped), STACK)).not.toHaveProperty("spotBreaker");
  });

  it.each([
    [{ failures: 2, withinMinutes: 15, restMinutes: 30 }, undefined],
    [{ failures: 0, withinMinutes: 15, restMinutes: 30 }, "it has a failures that must be a whole number"],
    [{ failures: 2, withinMinutes: 15, restMinutes: 1_441 }, "it has a restMinutes that must be"],
    [{ failures: 2, withinMinutes: 15 }, "it must be like"],
    [{ failures: 2, withinMinutes: 15, restMinutes: 30, extra: 1 }, "it must be like"],
    ["often", "it must be like"],
    [null, "it must be like"],
    [[], "it must be like"],
  ])("F-75: takes a spotBreaker of %j as it is, or says what is wrong", (spotBreaker, problem) => {
    const parsed = parseSettingsRow(settingsRow({ spotBreaker }));
    expect(parsed).toEqual(
      problem === undefined ? { spotBreaker } : { problem: expect.stringContaining(problem) },
    );
  });

  it.each([
    [
      [
        { project: 42, usd: 99.5, hold: true },
        { project: 43, usd: 1 },
      ],
      undefined,
    ],
    [[], undefined],
    [
      [
        { project: 42, usd: 1 },
        { project: 42, usd: 2 },
      ],
      "it names project 42 twice",
    ],
    [[{ project: 42, usd: 0 }], "it must list budgets"],
    [[{ project: "group/app", usd: 1 }], "it must list budgets"],
    [[{ project: 42, usd: 1, holds: true }], "it must list budgets"],
    [[{ project: 42, usd: 1, hold: "yes" }], "it must list budgets"],
    [[null], "it must list budgets"],
    [{ project: 42, usd: 1 }, "it must list budgets"],
  ])("F-75: takes budgets of %j as they are, or says what is wrong", (budgets, problem) => {
    const parsed = parseSettingsRow(settingsRow({ budgets }));
    expect(parsed).toEqual(
      problem === undefined ? { budgets } : { problem: expect.stringContaining(problem) },
    );
  });

  it("gives an order the budget of its project where that holds its jobs, and nothing else", async () => {
    const of = async (budget: object) => route(job(), reader(settingsRow({ budgets: [budget] })), STACK);
    const { projectId: project } = job();
    expect(await of({ project, usd: 10, hold: true })).toMatchObject({ kind: "route", budget: 10 });
    expect(await of({ project, usd: 10 })).not.toHaveProperty("budget");
    expect(await of({ project: project + 1, usd: 10, hold: true })).not.toHaveProperty("budget");
  });

  it.each([
    ["DEFAULT", [], true, "route"],
    ["DEFAULT", ["x"], true, "route"],
    ["UNTAGGED", [], true, "route"],
    ["UNTAGGED", ["x"], true, "nothing"],
    ["UNTAGGED", [], false, "route"],
    ["IGNORE", [], true, "nothing"],
  ])("%s: a job with the tags %j (verified: %s) comes to %s", async (unmappedJobs, tags, verified, kind) => {
    const row = settingsRow({ unmappedJobs });
    expect(await route(job(tags, verified), reader(row), STACK)).toMatchObject({ kind });
  });

  it("counts with the generation of its upload, as every row does", async () => {
    const staged = { generation: 2, row: { maxRunners: 7 } };
    const row = { ...settingsRow({ maxRunners: 5 }), staged };
    const at = (applied: number) => readSettings(reader(row, { pk: "mapping", sk: "state", applied }), STACK);
    expect(await at(1)).toMatchObject({ maxRunners: 5 });
    expect(await at(2)).toMatchObject({ maxRunners: 7 });
  });

  it.each([
    [{ maxRunners: 0 }, "maxRunners"],
    [{ maxRunnersPerClass: "5" }, "maxRunnersPerClass"],
    [{ maxRunnersPerProject: 1.5 }, "maxRunnersPerProject"],
    [{ unmappedJobs: "default" }, "unmappedJobs"],
    [{ projects: ["group"] }, "projects"],
    [{ projects: [0] }, "projects"],
    [{ projects: "group/*" }, "projects"],
  ])("I-27: %j makes every start fail and is named", async (fields, field) => {
    const row = settingsRow(fields);
    expect(await route(job(), reader(row), STACK)).toMatchObject({
      kind: "failed",
      why: { code: "bad-row", row: { pk: "settings", sk: "settings" } },
    });
    const { flaws } = readMapping([row], STACK);
    expect(flaws).toMatchObject([{ kind: "unreadable", message: expect.stringContaining(field) }]);
  });

  it("takes sets as lists, and names unknown fields, other sort keys and near misses", () => {
    expect(parseSettingsRow(settingsRow({ projects: new Set([1, 2]) }))).toEqual({ projects: [1, 2] });
    const rows = [
      settingsRow({ maxRunner: 5 }),
      { pk: "settings", sk: "x", maxRunners: 5 },
      { pk: "Settings", sk: "settings", maxRunners: 5 },
    ];
    const kinds = readMapping(rows, STACK).flaws.map(({ kind, row }) => [kind, row.pk, row.sk]);
    expect(kinds).toEqual([
      ["unreachable", "Settings", "settings"],
      ["odd", "settings", "settings"],
      ["unreachable", "settings", "x"],
    ]);
  });
});

describe("served projects", () => {
  it.each<[readonly (number | string)[], string | undefined, boolean]>([
    [[42], undefined, true],
    [[7], "group/app", false],
    [["group/app"], "group/app", true],
    [["GROUP/App"], "group/APP", true],
    [["group/app"], "group/app2", false],
    [["group/*"], "group/app", true],
    [["group/*"], "group/sub/app", true],
    [["group/sub/*"], "group/app", false],
    [["group/*"], "group2/app", false],
    [["group/*"], "other/group/app", false],
    [["group/*"], undefined, false],
  ])("T-19: %j and the path %s: %s", (served, path, isServed) => {
    expect(isListed(served, 42, path)).toBe(isServed);
  });

  it("ask for a path only where no id decides and some path might", () => {
    expect([needsPath([42, "a/*"], 42), needsPath([7], 42), needsPath([7, "a/*"], 42)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each([
    [{ seconds: 60, percent: 95 }, undefined],
    [{ seconds: 60, percent: 99.5 }, undefined],
    [{ seconds: 0, percent: 95 }, "has a seconds that must be a whole number of seconds"],
    [{ seconds: 60, percent: 79 }, "has a percent that must be a number from 80 to 99.9"],
    [{ seconds: 60 }, "must be like"],
    [{ seconds: 60, percent: 95, per: "day" }, "must be like"],
    [[60, 95], "must be like"],
    ["60 s", "must be like"],
  ])(
    "I-47: takes a queueTimeObjective of %j as it is, or says what is wrong",
    (queueTimeObjective, problem) => {
      const parsed = parseSettingsRow(settingsRow({ queueTimeObjective }));
      expect(parsed).toEqual(
        problem === undefined ? { queueTimeObjective } : { problem: expect.stringContaining(problem) },
      );
    },
  );
});
