import type { StateRecord } from "../ledger/reader";
import type { Time } from "../model/ledger";
import { type BadRow, type Checked, isProjectId } from "../routing/field-checks";
import { isServedPath } from "../routing/served-projects";
import { dayOf, monthOf } from "./days";

/** What a project's runners may cost in a month. */
export interface MonthlyBudget {
  /** Its id. */
  readonly project: number;
  /** USD a month, UTC. */
  readonly usd: number;
  /** Its jobs wait when it is spent. Left out: it is told, and nothing more. */
  readonly hold?: boolean;
}

const MAX_USD = 10_000_000;
const FIELDS: readonly string[] = ["project", "usd", "hold"];

type IsProject = (value: unknown) => boolean;

const isBudget = (value: unknown, isProject: IsProject): value is MonthlyBudget => {
  const { project, usd, hold = false }: Readonly<Record<string, unknown>> = Object(value);
  return (
    isProject(project) &&
    typeof usd === "number" &&
    usd > 0 &&
    usd <= MAX_USD &&
    typeof hold === "boolean" &&
    Object.keys(Object(value)).every((name) => FIELDS.includes(name))
  );
};

const twice = (budgets: readonly Pick<MonthlyBudget, "project">[]): number | undefined =>
  budgets.map(({ project }) => project).find((id, index, all) => all.indexOf(id) !== index);

const problem = (sentence: string): BadRow => ({ problem: sentence });

/** A project's id, or its full path, which an upload turns into its id. */
export const isBudgetedProject: IsProject = (value) =>
  isProjectId(value) || (isServedPath(value) && !value.endsWith("/*"));

/**
 * The settings' field. An empty list says the same as none.
 *
 * @param isProject what names a project; stored are ids alone
 */
export const checkBudgets = (value: unknown, isProject: IsProject = isProjectId): Checked => {
  if (!Array.isArray(value) || !value.every((each) => isBudget(each, isProject)))
    return problem(
      'must list budgets like { "project": 42, "usd": 100, "hold": true }: an id or a full path, USD a month above 0, and whether jobs wait when it is spent',
    );
  const id = twice(value);
  return id === undefined ? { value } : problem(`names project ${id} twice`);
};

/** The record of what the projects with a budget have spent. */
export const BUDGETS_RECORD = "budgets";

/** What was spent in a month, some minutes ago. */
export interface Spending {
  /** `yyyy-mm`, UTC. */
  readonly month: string;
  readonly at: Time;
  /** USD by project id. */
  readonly usd: Readonly<Record<string, number>>;
}

const isSpent = (value: unknown): value is Spending["usd"] =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((each) => typeof each === "number");

/** Undefined: nothing is known. */
export const readSpending = (record: StateRecord | undefined): Spending | undefined => {
  const { month, at, usd }: Partial<Record<keyof Spending, unknown>> = Object(record?.value);
  return typeof month === "string" && typeof at === "number" && isSpent(usd) ? { month, at, usd } : undefined;
};

const WARNS_AT = 0.8;

export const BUDGET_LEVELS = ["ok", "near", "spent"] as const;
/** `near`: four fifths are spent. */
export type BudgetLevel = (typeof BUDGET_LEVELS)[number];

/** How far a budget is used. */
export interface BudgetUse extends MonthlyBudget {
  /** USD of this month. Runners that have not ended yet are not in it. */
  readonly spent: number;
  readonly level: BudgetLevel;
}

const levelOf = (share: number): BudgetLevel => {
  if (share >= 1) return "spent";
  return share >= WARNS_AT ? "near" : "ok";
};

/** Another month's spending says nothing of this one: a new month begins with nothing spent. */
export const budgetUse = (budget: MonthlyBudget, spending: Spending | undefined, now: Time): BudgetUse => {
  const isOfNow = spending?.month === monthOf(dayOf(now));
  const spent = isOfNow ? (spending.usd[budget.project] ?? 0) : 0;
  return { ...budget, spent, level: levelOf(spent / budget.usd) };
};

/** The budget at which a project's jobs wait, in USD; undefined: there is none. */
export const holdingBudget = (
  budgets: readonly MonthlyBudget[] | undefined,
  projectId: number,
): number | undefined => budgets?.find(({ project, hold }) => project === projectId && hold === true)?.usd;

/**
 * Whether a project's jobs wait for its budget.
 *
 * @param usd as `holdingBudget` says
 */
export const isBudgetSpent = (
  projectId: number,
  usd: number | undefined,
  spending: Spending | undefined,
  now: Time,
): boolean => usd !== undefined && budgetUse({ project: projectId, usd }, spending, now).level === "spent";
