import { isBad } from "../../Core/routing/field-checks";
import type { StoredRow } from "../../Core/routing/mapping-state";
import { SETTINGS_KEY } from "../../Core/routing/settings-row";
import { checkBudgets } from "../../Core/usage/budget";
import { type Context, UsageError } from "../context";
import type { Deployment } from "../deployment";
import { projectIdOf } from "../start/find-project";

/** A budget as a document has it: its project by id or by full path. */
const withId = async (context: Context, deployment: Deployment, budget: unknown): Promise<unknown> => {
  const { project }: Readonly<Record<string, unknown>> = Object(budget);
  if (typeof project !== "string") return budget;
  return { ...Object(budget), project: await projectIdOf(context, deployment, project) };
};

/**
 * The rows with each budget's project by its id, which costs are counted by: a path that changes in GitLab leaves a budget with its
 * project. GitLab is asked for paths alone.
 *
 * @throws UsageError when GitLab does not show a project, or one has two budgets
 */
export const withBudgetIds = async (
  context: Context,
  deployment: Deployment,
  rows: readonly StoredRow[],
): Promise<readonly StoredRow[]> => {
  const resolved: StoredRow[] = [];
  for (const row of rows) {
    if (row.pk !== SETTINGS_KEY || !Array.isArray(row.budgets)) {
      resolved.push(row);
      continue;
    }
    const budgets: unknown[] = [];
    for (const budget of row.budgets) budgets.push(await withId(context, deployment, budget));
    const checked = checkBudgets(budgets);
    if (isBad(checked)) throw new UsageError(`settings.budgets ${checked.problem}`);
    resolved.push({ ...row, budgets });
  }
  return resolved;
};
