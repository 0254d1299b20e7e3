import type { UsageNumbers } from "../../Core/usage/usage-reader";
import type { Cost } from "./read-cost";

const sums = (numbers: UsageNumbers) => ({
  jobs: numbers.jobs ?? 0,
  runners: numbers.runners ?? 0,
  seconds: numbers.seconds ?? 0,
  usd: numbers.usd ?? 0,
  wasteRunners: numbers.wasteRunners ?? 0,
  wasteUsd: numbers.wasteUsd ?? 0,
  unpricedRunners: numbers.unpricedRunners ?? 0,
});

/** For programs: USD, unrounded. */
export const costJson = ({ period, order, total, waste, rows, budgets }: Cost) => ({
  ...period,
  by: order,
  total: total.usd ?? 0,
  sums: sums(total),
  waste: waste.map(({ code, runners, usd }) => ({ code, runners, usd })),
  rows: rows.map(({ of, numbers }) => ({ of, ...sums(numbers) })),
  budgets: budgets.map(({ project, usd, spent, level, hold = false }) => ({
    project,
    usd,
    spent,
    level,
    hold,
  })),
});
