import { defined } from "../../Core/defined";
import type { JobAccount } from "../../Core/model/job-account";
import { accountWords } from "../../Core/model/job-account-words";
import { jobOf, type OrphanInstance, type Runner } from "../../Core/model/ledger";
import type { SpotPool } from "../../Core/model/spot-pool";
import { safe } from "../../Core/safe-text";
import { table } from "../console/table";
import { dollars, duration, moment, plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment } from "../deployment";
import { accountJson, runnerJson } from "../jobs/job-json";
import { sum } from "../ledger/ledger-reader";
import { type DeploymentStatus, readStatus } from "../ledger/read-status";
import { waitsJson, waitsText } from "../ledger/waits-text";
import { microVmsJson, microVmsText } from "../microvm/status";
import { budgetJson } from "../usage/cost-json";
import { costSources } from "../usage/cost-sources";
import { budgetLine } from "../usage/cost-text";
import { historyJson, readHistory } from "../usage/history";
import { historyText } from "../usage/history-text";

const SHOWN = 20;
const MAX_REMEDIES = 5;

const alive = (runners: readonly Runner[]): readonly Runner[] =>
  runners.filter(({ state }) => state !== "GONE");

/** USD an hour of what is known; how many are unknown. */
const costNow = ({ runners, orphans }: Pick<DeploymentStatus, "runners" | "orphans">) => {
  const prices = [...alive(runners).map(({ pricePerHour }) => pricePerHour), ...orphans.map(() => undefined)];
  const known = prices.filter((price) => price !== undefined);
  return { perHour: sum(known), unknown: prices.length - known.length };
};

const isUnlaunched = ({ state, resourceId }: Runner): boolean =>
  state === "STARTING" && resourceId === undefined;

const runnerRow =
  (now: number) =>
  (runner: Runner): readonly string[] => {
    const since = runner.times.LAUNCHED ?? runner.times.CREATED ?? runner.times.STARTING;
    return [
      String(runner.busyJobId ?? runner.jobId),
      runner.order?.jobName ?? "(found in GitLab)",
      isUnlaunched(runner) ? "not launched" : runner.state.toLowerCase(),
      runner.classKey ?? "–",
      runner.resourceId ?? "–",
      runner.market ?? "–",
      since === undefined ? "–" : duration(now - since),
    ];
  };

/** An instance that is nobody's runner, until it is terminated. */
const orphanRow =
  (now: number) =>
  ({ resourceId, launchedFor, times }: OrphanInstance): readonly string[] => [
    String(launchedFor?.jobId ?? "–"),
    "(found in EC2)",
    "ending",
    "–",
    resourceId,
    "–",
    times.FOUND === undefined ? "–" : duration(now - times.FOUND),
  ];

const poolRow = ({ name, failures, restsUntil = 0 }: SpotPool): readonly string[] => [
  name,
  String(failures.length),
  moment(restsUntil),
];

const section = (title: string, count: number, body: () => string): readonly string[] =>
  count === 0 ? [] : ["", title, body()];

const more = (count: number): string => (count > SHOWN ? `\n… and ${count - SHOWN} more` : "");

/** `in 2 min 00 s`, or soon: the next pass does it. */
const nextTry = ({ nextTryAt }: JobAccount, now: number): string => {
  if (nextTryAt === undefined) return "–";
  return nextTryAt <= now ? "within a minute" : `in ${duration(nextTryAt - now)}`;
};

const sinceText = ({ since }: JobAccount, now: number): string =>
  since === undefined ? "–" : duration(now - since);

const waitingRow =
  (now: number) =>
  (account: JobAccount): readonly string[] => [
    String(account.attempt.jobId),
    jobOf(account.attempt).jobName,
    account.attempt.classKey ?? "–",
    String(account.attempt.attempt),
    accountWords(account).short,
    sinceText(account, now),
    nextTry(account, now),
  ];

const stuckRow = (account: JobAccount): readonly string[] => [
  String(account.attempt.jobId),
  String(account.attempt.attempt),
  jobOf(account.attempt).jobName,
  account.since === undefined ? "–" : moment(account.since),
  accountWords(account).what,
];

const counts = ({ waiting, starting, running, stuck }: DeploymentStatus["jobs"]): string =>
  `${waiting.length} waiting, ${starting.length} starting, ${running.length} running, ${stuck.length} stuck`;

/** Remedies of what is shown, each once. */
const remedies = (accounts: readonly JobAccount[]): readonly string[] => [
  ...new Set(accounts.flatMap((account) => accountWords(account).remedy ?? [])),
];

const jobSections = ({ console }: Context, { waiting, stuck }: DeploymentStatus["jobs"], now: number) => {
  const { bold, red } = console.colours;
  const waits = ["job", "name", "class", "attempt", "waits for", "since", "next try"];
  return [
    ...section(
      bold("Waiting"),
      waiting.length,
      () => table(console, waits, waiting.slice(0, SHOWN).map(waitingRow(now))) + more(waiting.length),
    ),
    ...section(
      red("Stuck: nothing goes on by itself (why JOB tells more)"),
      stuck.length,
      () =>
        table(
          console,
          ["job", "attempt", "name", "since (UTC)", "why"],
          stuck.slice(0, SHOWN).map(stuckRow),
        ) + more(stuck.length),
    ),
    ...remedies([...waiting, ...stuck].slice(0, SHOWN))
      .slice(0, MAX_REMEDIES)
      .map((remedy) => `→ ${safe(remedy)}`),
  ];
};

const text = (context: Context, status: DeploymentStatus): string => {
  const { console } = context;
  const { bold, yellow } = console.colours;
  const now = context.now();
  const running = alive(status.runners);
  const runnerRows = [...running.map(runnerRow(now)), ...status.orphans.map(orphanRow(now))];
  const cost = costNow(status);
  const unknown = cost.unknown > 0 ? `, and ${plural(cost.unknown, "runner")} of unknown price` : "";
  const useRows = status.uses.map(({ scope, taken, limit, waiting }) => [
    scope,
    String(taken),
    String(limit),
    String(waiting),
  ]);
  const head = ["job", "name", "state", "class", "runs on", "market", "for"];
  return [
    status.startsAreOn ? "New starts: on" : yellow("New starts: paused (npx runners resume)"),
    `${plural(runnerRows.length, "runner")}; jobs: ${counts(status.jobs)}`,
    `Cost now: ${dollars(cost.perHour)} an hour${unknown}`,
    ...status.budgets.filter(({ level }) => level !== "ok").map((use) => yellow(budgetLine(use))),
    "",
    table(console, ["limit", "taken", "of", "waiting"], useRows),
    ...waitsText(console, status.waits),
    ...section(
      bold("Runners"),
      runnerRows.length,
      () => table(console, head, runnerRows.slice(0, SHOWN)) + more(runnerRows.length),
    ),
    ...microVmsText(console, { alive: running, kept: status.kept }),
    ...section(
      yellow("Spot pools left alone: they were interrupted or had no capacity (spotBreaker of the settings)"),
      status.restingPools.length,
      () => table(console, ["pool", "failures", "until (UTC)"], status.restingPools.map(poolRow)),
    ),
    ...jobSections(context, status.jobs, now),
    ...(status.isComplete ? [] : ["(The ledger is large: not all of it was looked through for failures.)"]),
  ].join("\n");
};

const orphanJson = ({ resourceId, launchedFor, times }: OrphanInstance) => ({
  resourceId,
  ...defined({
    jobId: launchedFor?.jobId,
    foundAt: times.FOUND === undefined ? undefined : new Date(times.FOUND).toISOString(),
  }),
});

const json = (status: DeploymentStatus, region: string, now: number) => {
  const { jobs, startsAreOn, uses, orphans, restingPools, kept, isComplete } = status;
  const accounts = (of: readonly JobAccount[]) => of.map((account) => accountJson(account, now));
  return {
    startsAreOn,
    limits: uses,
    cost: costNow(status),
    budgets: status.budgets.map(budgetJson),
    jobs: {
      waiting: accounts(jobs.waiting),
      starting: accounts(jobs.starting),
      running: accounts(jobs.running),
      stuck: accounts(jobs.stuck),
    },
    runners: alive(status.runners).map(runnerJson),
    microVms: microVmsJson({ alive: alive(status.runners), kept }, region, now),
    orphans: orphans.map(orphanJson),
    waits: waitsJson(status.waits),
    restingPools: restingPools.map(({ name, failures, restsUntil = 0 }) => ({
      pool: name,
      failures: failures.length,
      restsUntil: new Date(restsUntil).toISOString(),
    })),
    isComplete,
  };
};

export interface StatusOptions extends CommonOptions {
  /** Seconds between two looks; true: as often as is useful. */
  readonly watch?: number | true;
  /** So many days of the past are shown too. */
  readonly days?: number;
}

const WATCH_SECONDS = 5;

/** The past, where it was asked for. */
const past = async (context: Context, deployment: Deployment, days: number | undefined) => {
  if (days === undefined) return undefined;
  return readHistory(costSources(context, deployment), days);
};

const showOnce = async (context: Context, options: StatusOptions, deployment: Deployment): Promise<void> => {
  const [read, history] = await Promise.all([
    readStatus(context, deployment),
    past(context, deployment, options.days),
  ]);
  const now = json(read, deployment.home.region, context.now());
  if (history === undefined) show(context, options, now, text(context, read));
  else {
    const all = `${text(context, read)}\n\n${historyText(context.console, history)}`;
    show(context, options, { ...now, history: historyJson(history) }, all);
  }
};

/** Shows it again and again until Ctrl-C. */
const watch = async (context: Context, options: StatusOptions, deployment: Deployment, seconds: number) => {
  let isOver = false;
  const forget = context.onInterrupt(() => {
    isOver = true;
  });
  while (!isOver) {
    if (!options.json) context.console.out(`\n${moment(context.now())} (Ctrl-C ends this)`);
    await showOnce(context, options, deployment);
    for (let waited = 0; waited < seconds && !isOver; waited += 1) await context.sleep(1_000);
  }
  forget();
};

/** `status`: what runs, waits and is stuck; limits and their use; the cost of now. */
export const status = async (context: Context, options: StatusOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  if (options.watch === undefined) await showOnce(context, options, deployment);
  else await watch(context, options, deployment, options.watch === true ? WATCH_SECONDS : options.watch);
  return 0;
};
