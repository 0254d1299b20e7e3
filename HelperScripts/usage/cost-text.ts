import type { BudgetUse } from "../../Core/usage/budget";
import type { UsageNumbers } from "../../Core/usage/usage-reader";
import type { WasteCode } from "../../Core/usage/waste";
import type { Console } from "../console/console";
import { table } from "../console/table";
import { dollars, duration, plural } from "../console/words";
import type { CostReport, Waste } from "./read-cost";

export const WASTE_WORDS: Readonly<Record<WasteCode, string>> = {
  "no-job": "waited, and no job came",
  "failed-start": "never came so far that they could have a job",
  exchange: "not needed: their jobs ran on other runners",
  canceled: "not needed: their jobs were cancelled first",
};

const row = (of: string, numbers: UsageNumbers): readonly string[] => [
  of,
  String(numbers.jobs ?? 0),
  String(numbers.runners ?? 0),
  duration((numbers.seconds ?? 0) * 1_000),
  dollars(numbers.usd ?? 0),
  dollars(numbers.wasteUsd ?? 0),
];

const unpriced = ({ unpricedRunners = 0 }: UsageNumbers): readonly string[] =>
  unpricedRunners === 0 ? [] : [`Not in it: ${plural(unpricedRunners, "runner")} of unknown price.`];

const wasteLine = ({ code, runners, usd }: Waste): string =>
  `  ${dollars(usd)}: ${plural(runners, "runner")} that ${WASTE_WORDS[code]}`.replace(
    "that not",
    "that were not",
  );

const LEVELS: Readonly<Record<BudgetUse["level"], string>> = {
  ok: "",
  near: ": nearly spent",
  spent: ": spent",
};

/** How far a budget is used, in a sentence. */
export const budgetLine = ({ project, usd, spent, level, hold }: BudgetUse): string => {
  const share = `${Math.floor((100 * spent) / usd)} %`;
  const waits = level === "spent" && hold === true ? ", its new jobs wait for the next month" : "";
  return `Project ${project} has spent ${dollars(spent)} of ${dollars(usd)} (${share})${LEVELS[level]}${waits}.`;
};

const estimatesText = ({ estimates, total }: CostReport): readonly string[] => {
  const { storage, publicIpv4, tenantIsolation, logs, controlPlane } = estimates;
  if (!total.runners) return [];
  const parts = [
    `disks ${dollars(storage)}`,
    `public addresses ${dollars(publicIpv4)}`,
    `tenant isolation ${dollars(tenantIsolation)}`,
    `logs ${dollars(logs)}`,
    `what starts and ends runners ${dollars(controlPlane)}`,
  ];
  return [`Estimated and not in it: ${parts.join(", ")}. What goes through NAT gateways is not known.`];
};

/** For people. */
export const costText = (console: Console, cost: CostReport): string => {
  const { period, order, total, waste, rows, budgets } = cost;
  const { bold, yellow } = console.colours;
  const head = [order, "jobs", "runners", "time", "cost", "of it waste"];
  return [
    bold(
      `${period.from} to ${period.to} (UTC): ${dollars(total.usd ?? 0)} for ${plural(total.jobs ?? 0, "job")}`,
    ),
    ...unpriced(total).map(yellow),
    ...(rows.length > 0
      ? [
          "",
          table(
            console,
            head,
            rows.map(({ of, numbers }) => row(of, numbers)),
          ),
        ]
      : []),
    ...(waste.length > 0 ? ["", "Of it for nothing:", ...waste.map(wasteLine)] : []),
    ...(budgets.length > 0
      ? ["", ...budgets.map((use) => (use.level === "ok" ? budgetLine(use) : yellow(budgetLine(use))))]
      : []),
    "",
    "Runners that have ended, by the price that each was bought at.",
    ...estimatesText(cost),
  ].join("\n");
};
