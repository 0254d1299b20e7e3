import type { RunnerOrder } from "../../../Core/model/runner-order";
import { BUDGETS_RECORD, isBudgetSpent, readSpending, type Spending } from "../../../Core/usage/budget";
import type { Dependencies } from "../dependencies";
import type { Ledger } from "../ports";

/** What the projects with a budget have spent this month, as it was last summed up. */
export const readSpent = async (ledger: Pick<Ledger, "stateRecord">): Promise<Spending | undefined> =>
  readSpending(await ledger.stateRecord(BUDGETS_RECORD));

/** Whether the job waits for its project's budget. Nothing is read where the project has none that holds its jobs. */
export const isBudgetUsedUp = async (
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  { projectId, budget }: Pick<RunnerOrder, "projectId" | "budget">,
): Promise<boolean> =>
  budget !== undefined && isBudgetSpent(projectId, budget, await readSpent(ledger), clock.now());
