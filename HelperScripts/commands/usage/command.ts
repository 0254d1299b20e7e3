import { Command, InvalidArgumentError } from "commander";
import { COST_ORDERS } from "../../usage/read-cost";
import { oneOfThese, projectName } from "../arguments";
import { common, type RunCommand } from "../common";
import { type CostOptions, cost } from "./cost";

/** `2026-11`. */
const monthName = (text: string): string => {
  if (/^20\d\d-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a year and a month, such as 2026-11.");
};

export const costCommand = (run: RunCommand): Command =>
  common(new Command("cost"))
    .description("what the runners of a month cost, and what of it was for nothing")
    .option("--project <project>", "of one project: its id or full path", projectName)
    .option("--month <yyyy-mm>", "of another month than this one (UTC)", monthName)
    .option("--by <what>", `a row for each ${COST_ORDERS.join(", ")}`, oneOfThese(COST_ORDERS), "project")
    .option("--csv", "the rows for a spreadsheet")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners cost
  $ npx runners cost --project group/app --by job
  $ npx runners cost --month 2026-10 --by class --json`,
    )
    .action((options: CostOptions) => run((context) => cost(context, options)));
