import type { LedgerReader } from "../../Core/ledger/reader";
import type { Time } from "../../Core/model/ledger";
import { providerInKey } from "../../Core/model/runner-class";
import type { Estimates } from "../../Core/pricing/estimates";
import {
  BUDGETS_RECORD,
  type BudgetUse,
  budgetUse,
  type MonthlyBudget,
  readSpending,
} from "../../Core/usage/budget";
import { type Period, type PeriodUsage, readPeriod } from "../../Core/usage/period";
import { addUp, byName, type DayUsage, dearest, groupBy, type NameUsage } from "../../Core/usage/sums";
import type { UsageNumbers, UsageReader } from "../../Core/usage/usage-reader";
import { WASTE_CODES, type WasteCode } from "../../Core/usage/waste";
import { estimatesIn } from "./cost-estimates";

/** What a row of `cost` is about. */
export const COST_ORDERS = ["project", "job", "class", "provider", "day"] as const;
export type CostOrder = (typeof COST_ORDERS)[number];

/** Sums of one thing. */
export interface CostRow {
  /** A project's id, a job's name, a class with how it was bought, a provider, or a day. */
  readonly of: string;
  readonly numbers: UsageNumbers;
}

/** What was for nothing, for one reason. */
export interface Waste {
  readonly code: WasteCode;
  readonly runners: number;
  /** USD. */
  readonly usd: number;
}

/** What `cost` shows. */
export interface CostReport {
  readonly period: Period;
  readonly order: CostOrder;
  readonly total: UsageNumbers;
  readonly waste: readonly Waste[];
  readonly rows: readonly CostRow[];
  /** What else was used, in no sum. */
  readonly estimates: Estimates;
  /** Of this month; empty for another one. */
  readonly budgets: readonly BudgetUse[];
}

/** What of the total the names that are kept do not account for. */
export const OTHERS = "(others)";

interface Sums {
  readonly key: string;
  readonly numbers: UsageNumbers;
}

const sumsBy = (sums: readonly Sums[]): readonly CostRow[] =>
  [...groupBy(sums, ({ key }) => key)].map(([of, same]) => ({
    of,
    numbers: addUp(same.map(({ numbers }) => numbers)),
  }));

const ofDay = ({ groups }: DayUsage): UsageNumbers => addUp(Object.values(groups));

const byCost = (rows: readonly CostRow[]): readonly CostRow[] =>
  [...rows].sort((one, other) => (other.numbers.usd ?? 0) - (one.numbers.usd ?? 0));

/** A sum of many small numbers differs from another one of the same by less than that. */
const ROUNDING = 1e-9;

const minus = (total: UsageNumbers, named: UsageNumbers): UsageNumbers =>
  Object.fromEntries(
    Object.keys(named).map((field) => {
      const left = (total[field] ?? 0) - (named[field] ?? 0);
      return [field, Math.abs(left) < ROUNDING ? 0 : left];
    }),
  );

/** The dearest jobs, and all that is left. */
const jobRows = (total: UsageNumbers, names: readonly NameUsage[]): readonly CostRow[] => {
  const shown = dearest(byName(names)).map(({ name, numbers }) => ({ of: name, numbers }));
  const others = minus(total, addUp(shown.map(({ numbers }) => numbers)));
  return Object.values(others).some((value) => value !== 0)
    ? [...shown, { of: OTHERS, numbers: others }]
    : shown;
};

const rowsOf = (order: CostOrder, { days, names }: PeriodUsage, total: UsageNumbers): readonly CostRow[] => {
  if (order === "job")
    return jobRows(
      total,
      names.flatMap((each) => each.names),
    );
  if (order === "day") return sumsBy(days.map((each) => ({ key: each.day, numbers: ofDay(each) })));
  if (order === "project") {
    return byCost(sumsBy(days.map((each) => ({ key: String(each.projectId), numbers: ofDay(each) }))));
  }
  const groups = days.flatMap((each) => Object.entries(each.groups));
  const keyOf = (group: string) => (order === "provider" ? (providerInKey(group) ?? group) : group);
  return byCost(sumsBy(groups.map(([group, numbers]) => ({ key: keyOf(group), numbers }))));
};

const wasteOf = (total: UsageNumbers): readonly Waste[] =>
  WASTE_CODES.flatMap((code) => {
    const runners = total[`waste:${code}`] ?? 0;
    return runners > 0 ? [{ code, runners, usd: total[`wasteUsd:${code}`] ?? 0 }] : [];
  });

/** Where the figures come from. */
export interface CostSources {
  readonly usage: UsageReader;
  readonly ledger: Pick<LedgerReader, "stateRecord">;
  readonly now: Time;
}

/** How far the budgets of this month are used. */
export const readBudgetUses = async (
  { ledger, now }: Pick<CostSources, "ledger" | "now">,
  budgets: readonly MonthlyBudget[],
): Promise<readonly BudgetUse[]> => {
  if (budgets.length === 0) return [];
  const spending = readSpending(await ledger.stateRecord(BUDGETS_RECORD));
  return budgets.map((budget) => budgetUse(budget, spending, now));
};

/**
 * Reads what a period cost.
 *
 * @param projectId absent: of all projects
 */
export const readCost = async (
  sources: CostSources,
  period: Period,
  order: CostOrder,
  projectId: number | undefined,
): Promise<Omit<CostReport, "budgets">> => {
  const { usage, ledger, now } = sources;
  const query = { ...period, projectId, withNames: order === "job" };
  const found = await readPeriod(usage, ledger, query, now);
  const total = addUp(found.days.map(ofDay));
  const estimates = estimatesIn(found.days.flatMap(({ groups }) => Object.entries(groups)));
  return { period, order, total, waste: wasteOf(total), rows: rowsOf(order, found, total), estimates };
};
