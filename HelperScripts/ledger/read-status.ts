import { defined } from "../../Core/defined";
import { LAMBDA, projectScope, STACK } from "../../Core/ledger/keys";
import type { LedgerReader } from "../../Core/ledger/reader";
import { readSpotPools } from "../../Core/ledger/spot-pools";
import type { Attempt, OrderedAttempt, OrphanInstance, Runner } from "../../Core/model/ledger";
import { classKey, type RunnerClass } from "../../Core/model/runner-class";
import { isResting, type SpotPool } from "../../Core/model/spot-pool";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import type { BudgetUse } from "../../Core/usage/budget";
import { dayOf } from "../../Core/usage/days";
import { usageReader } from "../../Core/usage/usage-reader";
import { waitsByClass } from "../../Core/waiting/day";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { type JobAccounts, jobAccounts } from "../jobs/job-accounts";
import { mappedClasses } from "../mapping/mapped-classes";
import { mappingSettings } from "../mapping/mapping-settings";
import { MappingTable } from "../mapping/mapping-table";
import { storedRows } from "../mapping/stored-rows";
import { tableReads } from "../table-reads";
import { readBudgetUses } from "../usage/read-cost";
import { failedLately } from "./failed-lately";
import { keptRunners } from "./kept-runners";
import { all, ledgerReader, sum, waitingAttempts } from "./ledger-reader";
import type { WaitsToday } from "./waits-text";

const DAY_MILLISECONDS = 24 * 60 * 60_000;
const LINE_LIMIT = 1_000;

export interface Use {
  readonly scope: string;
  readonly taken: number;
  readonly limit: number;
  readonly waiting: number;
}

/** What `status` shows. */
export interface DeploymentStatus {
  readonly startsAreOn: boolean;
  readonly uses: readonly Use[];
  readonly runners: readonly Runner[];
  /** Gone, and their MicroVM is kept. */
  readonly kept: readonly Runner[];
  /** Instances that are nobody's runners, to be terminated. */
  readonly orphans: readonly OrphanInstance[];
  readonly jobs: JobAccounts;
  /** Spot pools that are left alone for a while. */
  readonly restingPools: readonly SpotPool[];
  readonly waits: WaitsToday;
  /** How far the projects' budgets are used. */
  readonly budgets: readonly BudgetUse[];
  /** False: the ledger is larger than what was looked through for failures. */
  readonly isComplete: boolean;
}

/** The limits that there are: the default classes, the mapping's, and those that runners were started with. */
const knownClasses = async (
  context: Context,
  deployment: Deployment,
  settings: RoutingSettings,
  seen: readonly RunnerClass[],
): Promise<ReadonlyMap<string, number>> => {
  const mapping = new MappingTable(
    context.clients.dynamoDb(),
    output(deployment, "MappingTableName"),
    context.sleep,
  );
  const mapped = mappedClasses(await storedRows(mapping), settings);
  const { LAMBDA, EC2 } = settings.defaults;
  return new Map([...seen, LAMBDA, EC2, ...mapped].map((each) => [classKey(each), each.maxRunners]));
};

/** Of the projects those that run or wait most: each is a row. */
const MAX_PROJECTS_SHOWN = 20;

const projectsOf = (open: readonly (Attempt | Runner)[]): readonly number[] => {
  const counts = new Map<number, number>();
  for (const { order } of open)
    if (order !== undefined) counts.set(order.projectId, (counts.get(order.projectId) ?? 0) + 1);
  const most = [...counts].sort(([, one], [, other]) => other - one);
  return most.slice(0, MAX_PROJECTS_SHOWN).map(([id]) => id);
};

const scopesOf = ({ classKey: key, order }: OrderedAttempt): readonly string[] => [
  STACK,
  key,
  projectScope(order.projectId),
  ...(order.runnerClass.type === "LAMBDA" ? [LAMBDA] : []),
];

/** The limit of all Lambda runners, where the account's concurrency leaves fewer than the stack may have. */
const lambdaLimit = async (
  ledger: LedgerReader,
  ofStack: number,
): Promise<readonly (readonly [string, number])[]> => {
  const { limit = ofStack } = await ledger.slots(STACK);
  return limit < ofStack ? [[LAMBDA, limit]] : [];
};

const uses = async (
  ledger: LedgerReader,
  { maxRunners, maxRunnersPerProject }: RoutingSettings,
  classes: ReadonlyMap<string, number>,
  open: readonly (Attempt | Runner)[],
  waiting: readonly OrderedAttempt[],
): Promise<readonly Use[]> => {
  const projects = maxRunnersPerProject === undefined ? [] : projectsOf(open);
  const scopes = [
    [STACK, maxRunners] as const,
    ...classes,
    ...(await lambdaLimit(ledger, maxRunners)),
    ...projects.map((id) => [projectScope(id), maxRunnersPerProject ?? 0] as const),
  ];
  return Promise.all(
    scopes.map(async ([scope, limit]) => ({
      scope,
      limit,
      taken: sum((await ledger.slots(scope)).taken),
      waiting: waiting.filter((each) => scopesOf(each).includes(scope)).length,
    })),
  );
};

/** The index gives them from several keys; people look for them by their ids. */
const byId = <Item>(items: readonly Item[], idOf: (item: Item) => number): readonly Item[] =>
  [...items].sort((one, other) => idOf(one) - idOf(other));

/** How jobs waited since midnight (UTC). */
const readWaits = async (
  context: Context,
  deployment: Deployment,
  { queueTimeObjective: objective }: RoutingSettings,
): Promise<WaitsToday> => {
  const day = dayOf(context.now());
  const table = tableReads(context.clients.dynamoDb(), output(deployment, "LedgerTableName"));
  const counts = await usageReader(table).counts(day);
  return { day, classes: waitsByClass(counts), ...defined({ objective }) };
};

const readKept = (context: Context, deployment: Deployment): Promise<readonly Runner[]> => {
  const table = tableReads(context.clients.dynamoDb(), output(deployment, "LedgerTableName"));
  return keptRunners(table, context.now());
};

/** Reads what there is to show. Writes nothing. */
export const readStatus = async (context: Context, deployment: Deployment): Promise<DeploymentStatus> => {
  const ledger = ledgerReader(context, deployment);
  const settings = await mappingSettings(context, deployment);
  const [openRunners, orphans, openAttempts, waiting, pools, startsAreOn, failed, waits, kept] =
    await Promise.all([
      all((cursor) => ledger.openRunners(cursor)),
      all((cursor) => ledger.openOrphans(cursor)),
      all((cursor) => ledger.openAttempts(cursor)),
      waitingAttempts(ledger, LINE_LIMIT),
      readSpotPools(ledger),
      configurationOf(context, deployment).startsAreOn(),
      failedLately(
        context.clients.dynamoDb(),
        output(deployment, "LedgerTableName"),
        context.now() - DAY_MILLISECONDS,
        context.now(),
      ),
      readWaits(context, deployment, settings),
      readKept(context, deployment),
    ]);
  const runners = byId(openRunners, ({ runnerId }) => runnerId);
  const starting = byId(openAttempts, ({ jobId }) => jobId);
  const seen = [...starting, ...waiting, ...runners].flatMap(({ order }) => order?.runnerClass ?? []);
  const classes = await knownClasses(context, deployment, settings, seen);
  return {
    startsAreOn,
    uses: await uses(ledger, settings, classes, [...starting, ...waiting, ...runners], waiting),
    runners,
    kept: [...runners.filter(({ keptUntil = 0 }) => keptUntil > context.now()), ...kept],
    orphans,
    jobs: await jobAccounts(ledger, [...failed.attempts, ...starting, ...waiting], runners, context.now(), {
      startsAreOn,
    }),
    waits,
    budgets: await readBudgetUses({ ledger, now: context.now() }, settings.budgets ?? []),
    restingPools: pools.filter((pool) => isResting(pool, context.now())),
    isComplete: failed.isComplete,
  };
};
