import { recordKey } from "../../../Core/ledger/keys";
import { BUDGETS_RECORD } from "../../../Core/usage/budget";
import { DeploymentDouble } from "../../testing/deployment-double";
import { attempt } from "../../testing/items";

const BUDGETS = [
  { project: 42, usd: 99.5, hold: true },
  { project: 43, usd: 7 },
];
const YAML = `settings:
  budgets:
    - project: 42
      usd: 99.5
      hold: true
    - { project: 43, usd: 7 }
jobs: []
`;

describe("budgets of the mapping's settings", () => {
  it.each([
    ["a.json", JSON.stringify({ settings: { budgets: BUDGETS }, jobs: [] })],
    ["a.yaml", YAML],
  ])("are checked, uploaded and pulled as they were, in %s", async (file, text) => {
    const on = new DeploymentDouble();
    on.files.set(file, text);
    expect((await on.run(["mapping", "check", file])).exitCode).toBe(0);
    expect((await on.run(["mapping", "upload", file, "--yes"])).exitCode).toBe(0);
    expect(on.mapping.get("settings", "settings")).toMatchObject({ budgets: BUDGETS });
    const again = (await on.run(["mapping", "upload", file, "--dry-run", "--json"])).out;
    expect(JSON.parse(again)).toMatchObject({ written: false });
    const pulled = file.replace("a.", "b.");
    await on.run(["mapping", "pull", "--output", pulled]);
    on.mapping.clear();
    await on.run(["mapping", "upload", pulled, "--yes"]);
    expect(on.mapping.get("settings", "settings")).toMatchObject({ budgets: BUDGETS });
  });

  it("are refused at the line that is wrong", async () => {
    const on = new DeploymentDouble();
    on.files.set("a.yaml", YAML.replace("99.5", "-1"));
    const { exitCode, err, out } = await on.run(["mapping", "check", "a.yaml"]);
    expect([exitCode, err + out]).toEqual([
      1,
      expect.stringMatching(/3:\d+.*settings\.budgets must list budgets like/),
    ]);
  });
});

describe("a project whose budget is spent", () => {
  const spent = (): DeploymentDouble => {
    const on = new DeploymentDouble();
    on.mapping.put({ pk: "settings", sk: "settings", budgets: BUDGETS });
    const value = { month: "2026-11", at: on.now, usd: { 42: 100, 43: 6 } };
    on.ledger.put({ ...recordKey(BUDGETS_RECORD), version: 1, value });
    const { runnerId: _, ...queued } = attempt(7, {
      state: "WAITING",
      waitingFor: "budget",
      times: { WAITING: on.now },
    });
    on.putLedger(queued);
    return on;
  };

  it("is named by why, with the remedy", async () => {
    const { out } = await spent().run(["why", "7"]);
    expect(out).toContain("It waits for its project's monthly budget, which is spent");
    expect(out).toContain("raise the project's budget in the mapping's settings");
  });

  it("is named by status, as is one that has nearly spent it", async () => {
    const { out } = await spent().run(["status"]);
    expect(out).toContain(
      "Project 42 has spent $100.00 of $99.50 (100 %): spent, its new jobs wait for the next month.",
    );
    expect(out).toContain("Project 43 has spent $6.00 of $7.00 (85 %): nearly spent.");
    const json = JSON.parse((await spent().run(["status", "--json"])).out);
    expect(json).toMatchObject({
      budgets: [{ level: "spent" }, { level: "near" }],
      jobs: { waiting: [{ jobId: 7 }] },
    });
  });
});
