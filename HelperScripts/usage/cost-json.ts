import type { BudgetUse } from "../../Core/usage/budget";
import type { UsageNumbers } from "../../Core/usage/usage-reader";
import type { CostReport } from "./read-cost";

const sums = (numbers: UsageNumbers) => ({
  jobs: numbers.jobs ?? 0,
  runners: numbers.runners ?? 0,
  seconds: numbers.seconds ?? 0,
  usd: numbers.usd ?? 0,
  wasteRunners: numbers.wasteRunners ?? 0,
  wasteUsd: numbers.wasteUsd ?? 0,
  unpricedRunners: numbers.unpricedRunners ?? 0,
});

export const budgetJson = ({ project, usd, spent, level, hold = false }: BudgetUse) => ({
  project,
  usd,
  spent,
  level,
  hold,
});

/** For programs: USD, unrounded. */
export const costJson = ({ period, order, total, waste, rows, budgets }: CostReport) => ({
  ...period,
  by: order,
  total: total.usd ?? 0,
  sums: sums(total),
  waste: waste.map(({ code, runners, usd }) => ({ code, runners, usd })),
  rows: rows.map(({ of, numbers }) => ({ of, ...sums(numbers) })),
  budgets: budgets.map(budgetJson),
});
