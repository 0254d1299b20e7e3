import { SETTINGS_KEY } from "../../../Core/routing/settings-row";
import { BUDGETS_RECORD, type MonthlyBudget, readSpending } from "../../../Core/usage/budget";
import { dayOf } from "../../../Core/usage/days";
import { ROLL_UP_RECORD } from "../../../Core/usage/period";
import { type TestSystem, testSystem, webhook } from "../testing/fakes/test-system";
import { checkBudgets } from "./check-budgets";

/** A project's budget: what it has spent, who waits for it, and when they start. The fakes' clock begins in November. */

const DAY = 24 * 3_600_000;
const PROJECT = 1;

const setUp = (budget: Partial<MonthlyBudget> = {}) => {
  const system = testSystem();
  const budgets = (patch: Partial<MonthlyBudget> = {}): readonly MonthlyBudget[] => [
    { project: PROJECT, usd: 10, hold: true, ...budget, ...patch },
  ];
  const upload = (patch?: Partial<MonthlyBudget>): void =>
    system.mappings.add({ pk: SETTINGS_KEY, sk: SETTINGS_KEY, budgets: budgets(patch) });
  upload();
  const spend = async (usd: number, projectId = PROJECT): Promise<void> => {
    const subject = { projectId, classKey: "EC2#default", market: "spot", jobName: "a" } as const;
    const key = { ...subject, day: dayOf(system.clock.now()), shard: 3 };
    await system.ledger.commit([{ count: { key, add: { usd }, ttl: 0 } }]);
  };
  const check = (patch?: Partial<MonthlyBudget>) =>
    checkBudgets({ ...system.dependencies, usage: system.ledger.usage }, budgets(patch));
  return { system, spend, check, upload };
};

const startJob = (system: TestSystem, id: number) =>
  system.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"] })));

/** A pass, and the events that it put on the bus. */
const pass = async (system: TestSystem): Promise<void> => {
  const before = system.bus.events.length;
  await system.reconcile();
  for (const event of system.bus.events.slice(before))
    if (event.detailType === "GitLabJobEvent") await system.start(webhook(event.job));
};

const stateOf = (system: TestSystem, id: number) => {
  const item = system.ledger.items.get(`job#${id}/1`);
  return item?.kind === "attempt" ? [item.state, item.waitingFor] : undefined;
};

describe("the record of what was spent", () => {
  it("has this month's cost of the projects with a budget, from rows and counts", async () => {
    const { system, spend, check } = setUp();
    await spend(1);
    await spend(100, 2);
    const day = { projectId: PROJECT, groups: { a: { usd: 50 } } };
    await system.ledger.usage.putDay({ ...day, day: "2026-10-31" });
    await system.ledger.usage.putDay({ ...day, day: "2026-11-01", groups: { a: { usd: 3 } } });
    const value = { until: "2026-11-24", at: 0 };
    await system.ledger.commit([{ stateRecord: { name: ROLL_UP_RECORD, version: 1, value } }]);
    expect(await check()).toMatchObject({ month: "2026-11", usd: { [PROJECT]: 4 } });
    expect(readSpending(await system.ledger.stateRecord(BUDGETS_RECORD))).toMatchObject({
      usd: { [PROJECT]: 4 },
    });
  });

  it.each([
    [7.99, 0],
    [8, 1],
    [12, 1],
  ])("tells of %d of 10 USD by a metric: %d", async (usd, told) => {
    const { system, spend, check } = setUp();
    await spend(usd);
    await check();
    expect(system.metrics.total("BudgetsNearlySpent")).toBe(told);
  });

  it("is not written where there is no budget", async () => {
    const { system } = setUp();
    await checkBudgets({ ...system.dependencies, usage: system.ledger.usage }, []);
    expect(system.ledger.stateRecords.size).toBe(0);
  });
});

describe("a project whose budget is spent", () => {
  const spent = async (budget?: Partial<MonthlyBudget>) => {
    const parts = setUp(budget);
    await parts.spend(10);
    await parts.check();
    return parts;
  };

  it("gets no new runner: its jobs wait for the budget, and other projects' do not", async () => {
    const { system } = await spent();
    expect(await startJob(system, 7)).toEqual({ kind: "waiting", waitingFor: "budget" });
    expect(stateOf(system, 7)).toEqual(["WAITING", "budget"]);
    const other = system.gitLab.addJob({ id: 8, projectId: 2, tags: ["ec2"] });
    expect(await system.start(webhook(other))).toMatchObject({ kind: "launched" });
  });

  it("gets runners as before where the budget does not hold them", async () => {
    const { system } = await spent({ hold: false });
    expect(await startJob(system, 7)).toMatchObject({ kind: "launched" });
  });

  it("gets them until all is spent", async () => {
    const { system, spend, check } = setUp();
    await spend(9.99);
    await check();
    expect(await startJob(system, 7)).toMatchObject({ kind: "launched" });
  });

  it("gets them again when the month is over, at the next pass", async () => {
    const { system } = await spent();
    await startJob(system, 7);
    await pass(system);
    expect(stateOf(system, 7)).toEqual(["WAITING", "budget"]);
    system.clock.advance(Date.UTC(2026, 11, 1) - 1 - system.clock.now());
    await pass(system);
    expect(stateOf(system, 7)).toEqual(["WAITING", "budget"]);
    system.clock.advance(1);
    await pass(system);
    expect(stateOf(system, 7)?.[0]).toBe("LAUNCHED");
  });

  it.each([
    ["is raised", { usd: 11 }],
    ["holds nobody any more", { hold: false }],
  ])("gets them again when the budget %s, at the next pass", async (_how, patch) => {
    const { system, upload } = await spent();
    await startJob(system, 7);
    upload(patch);
    await pass(system);
    expect(stateOf(system, 7)?.[0]).toBe("LAUNCHED");
  });

  it("takes no room of others while its jobs wait", async () => {
    const { system } = await spent();
    for (let id = 10; id < 30; id += 1) await startJob(system, id);
    system.clock.advance(DAY / 24);
    const other = system.gitLab.addJob({ id: 8, projectId: 2, tags: ["ec2"] });
    expect(await system.start(webhook(other))).toMatchObject({ kind: "launched" });
  });

  it("I-25: costs a start one read, and none where no budget holds the project", async () => {
    const reads = async (budget: Partial<MonthlyBudget>) => {
      const { system } = await spent(budget);
      const names: string[] = [];
      const { stateRecord } = system.ledger;
      system.ledger.stateRecord = (name) => {
        names.push(name);
        return stateRecord(name);
      };
      await startJob(system, 7);
      return names.filter((name) => name === BUDGETS_RECORD).length;
    };
    expect([await reads({ hold: true }), await reads({ hold: false })]).toEqual([1, 0]);
  });
});
