import { readFileSync } from "node:fs";
import { join } from "node:path";
import { costAtRest, type RestCost } from "../../Core/pricing/rest-prices";
import { restingStack } from "../../HelperScripts/stacks/resting-stack";

/** The page with the bill of a deployment at rest. */
export const COST_PAGE = "docs/cost.md";

const STACKS = ["Infrastructure", "LambdaShellRunner", "AutoScaler"];

/**
 * The bill of the three stacks as they ship, in public subnets, so that there is no NAT gateway.
 *
 * @param optional stacks besides, e.g. `MicroVmRunner`, without the snapshots of its images
 */
export const shippedCosts = (root: string, ...optional: readonly string[]): readonly RestCost[] => {
  const stacks = [...STACKS, ...optional].map((stack) =>
    restingStack(readFileSync(join(root, stack, "template.yaml"), "utf8")),
  );
  return costAtRest({
    alarms: stacks.reduce((sum, { alarms }) => sum + alarms, 0),
    dashboards: stacks.reduce((sum, { dashboards }) => sum + dashboards, 0),
    scheduled: stacks.flatMap(({ scheduled }) => scheduled),
    hasRunnerImage: true,
    natGateways: 0,
  });
};

/** Of a bill, in USD a month. */
export const total = (costs: readonly RestCost[], pick: "cost" | "costBeyondFree" = "cost"): number =>
  costs.reduce((sum, each) => sum + each[pick], 0);

/** Of the bill without what an operator may switch off or leave out. */
export const withoutOptions = (costs: readonly RestCost[]): readonly RestCost[] =>
  costs.filter(({ unit }) => !["alarms", "CloudWatch dashboard", "NAT gateways"].includes(unit));

const usd = (amount: number): string => (amount > 0 && amount < 0.005 ? "< 0.01" : amount.toFixed(2));
const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const quantity = (count: number): string => String(Number(count.toPrecision(3)));

const table = (costs: readonly RestCost[]): string => {
  const rest = withoutOptions(costs);
  return [
    row("in a month", "USD", "free parts taken off"),
    "|---|---:|---:|",
    ...costs.map(({ unit, count, cost, costBeyondFree }) =>
      row(`${quantity(count)} ${unit}`, usd(cost), usd(costBeyondFree)),
    ),
    row("**together**", usd(total(costs)), usd(total(costs, "costBeyondFree"))),
    row("without alarms and dashboard", usd(total(rest)), usd(total(rest, "costBeyondFree"))),
  ].join("\n");
};

const TABLE = /(<!-- at rest -->\n)[\s\S]*?(\n<!-- end -->)/;

/** The page with the bill up to date. */
export const withCostTable = (text: string, root: string): string => {
  if (!TABLE.test(text)) throw new Error(`${COST_PAGE} has no marks for the bill`);
  return text.replace(TABLE, (_, begin: string, end: string) => begin + table(shippedCosts(root)) + end);
};

const IN_README =
  /(\*\*Little to pay at rest\*\*: )[\d.]+ to [\d.]+( USD a month, of which )[\d.]+ to [\d.]+( are)/;

/** The README with the bill up to date: with the free parts taken off, and without. */
export const withCostFigures = (readme: string, root: string): string => {
  const costs = shippedCosts(root);
  const optional = costs.filter((cost) => !withoutOptions(costs).includes(cost));
  const range = (some: readonly RestCost[]): string =>
    `${usd(total(some, "costBeyondFree"))} to ${usd(total(some))}`;
  if (!IN_README.test(readme)) throw new Error("The README does not say what a deployment costs at rest");
  return readme.replace(
    IN_README,
    (_, before: string, between: string, after: string) =>
      before + range(costs) + between + range(optional) + after,
  );
};
