import {
  BUDGETS_RECORD,
  budgetUse,
  type MonthlyBudget,
  readSpending,
  type Spending,
} from "../../../Core/usage/budget";
import { dayOf, monthOf } from "../../../Core/usage/days";
import { monthPeriod, readPeriod } from "../../../Core/usage/period";
import { addUp } from "../../../Core/usage/sums";
import type { Dependencies } from "../dependencies";
import type { StateRecord, Time } from "../ports";
import type { RollUpDependencies } from "./roll-up";

type BudgetDependencies = RollUpDependencies & Pick<Dependencies, "metric">;

/** What one project has spent in the month so far. */
const spentOf = async (
  { usage, ledger }: BudgetDependencies,
  projectId: number,
  now: Time,
): Promise<number> => {
  const period = monthPeriod(monthOf(dayOf(now)), now);
  const { days } = await readPeriod(usage, ledger, { ...period, projectId }, now);
  return addUp(days.flatMap(({ groups }) => Object.values(groups))).usd ?? 0;
};

const store = async ({ ledger }: BudgetDependencies, before: StateRecord | undefined, value: Spending) =>
  ledger.commit([{ stateRecord: { name: BUDGETS_RECORD, version: (before?.version ?? 0) + 1, value } }]);

/** Projects by how far their budgets are used. Nothing is sent for those that are far from their ends. */
const tell = (
  { metric }: BudgetDependencies,
  budgets: readonly MonthlyBudget[],
  spending: Spending,
  now: Time,
): void => {
  const levels = budgets.map((budget) => budgetUse(budget, spending, now).level);
  const near = levels.filter((level) => level !== "ok").length;
  if (near > 0) metric("BudgetsNearlySpent", near);
};

/**
 * Stores what the projects with a budget have spent this month. Starts of their jobs read it where the budget holds them.
 *
 * @returns what is stored
 */
export const checkBudgets = async (
  dependencies: BudgetDependencies,
  budgets: readonly MonthlyBudget[],
): Promise<Spending | undefined> => {
  const { ledger, clock } = dependencies;
  if (budgets.length === 0) return undefined;
  const now = clock.now();
  const before = await ledger.stateRecord(BUDGETS_RECORD);
  const spent: [string, number][] = [];
  for (const { project } of budgets) spent.push([String(project), await spentOf(dependencies, project, now)]);
  const spending = { month: monthOf(dayOf(now)), at: now, usd: Object.fromEntries(spent) };
  const isStored = await store(dependencies, before, spending);
  if (!isStored) return readSpending(await ledger.stateRecord(BUDGETS_RECORD));
  tell(dependencies, budgets, spending, now);
  return spending;
};
