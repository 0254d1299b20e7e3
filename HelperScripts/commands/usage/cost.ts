import { dayOf, monthOf } from "../../../Core/usage/days";
import { monthPeriod } from "../../../Core/usage/period";
import { type CommonOptions, type Context, type ExitCode, show, UsageError } from "../../context";
import { findDeployment } from "../../deployment";
import { mappingSettings } from "../../mapping/mapping-settings";
import { projectIdOf } from "../../start/find-project";
import { costCsv } from "../../usage/cost-csv";
import { costJson } from "../../usage/cost-json";
import { costSources } from "../../usage/cost-sources";
import { costText } from "../../usage/cost-text";
import { type CostOrder, type CostReport, readBudgetUses, readCost } from "../../usage/read-cost";

export interface CostOptions extends CommonOptions {
  readonly project?: number | string;
  /** `yyyy-mm`, UTC. */
  readonly month?: string;
  readonly by: CostOrder;
  readonly csv?: boolean;
}

const read = async (context: Context, options: CostOptions): Promise<CostReport> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const { project, by } = options;
  const projectId = project === undefined ? undefined : await projectIdOf(context, deployment, project);
  const now = context.now();
  const thisMonth = monthOf(dayOf(now));
  const { month = thisMonth } = options;
  const sources = costSources(context, deployment);
  const [cost, { budgets = [] }] = await Promise.all([
    readCost(sources, monthPeriod(month, now), by, projectId),
    mappingSettings(context, deployment),
  ]);
  const shown = budgets.filter((each) => month === thisMonth && (projectId ?? each.project) === each.project);
  return { ...cost, budgets: await readBudgetUses(sources, shown) };
};

/** `cost`: what the runners of a month cost, by project, job, class, provider or day. */
export const cost = async (context: Context, options: CostOptions): Promise<ExitCode> => {
  if (options.csv && options.json)
    throw new UsageError("--json and --csv are two forms of the same: give one");
  const found = await read(context, options);
  if (options.csv) context.console.out(costCsv(found));
  else show(context, options, costJson(found), costText(context.console, found));
  return 0;
};
