import { STACK } from "../../Core/ledger/keys";
import type { LedgerReader } from "../../Core/ledger/reader";
import type { Attempt, OrphanInstance, Runner } from "../../Core/model/ledger";
import { classKey, type RunnerClass } from "../../Core/model/runner-class";
import { resolveClass } from "../../Core/routing/class-resolution";
import { isClassRow } from "../../Core/routing/mapping-reading";
import { isBad, parseClassRow } from "../../Core/routing/mapping-row";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import { type Deployment, lookUpEnvironment, output, settingsOf, totalLimit } from "../deployment";
import { type JobAccounts, jobAccounts } from "../jobs/job-accounts";
import { MappingTable } from "../mapping/mapping-table";
import { rowLabel } from "../mapping/row-kinds";
import { storedRows } from "../mapping/stored-rows";
import { failedLately } from "./failed-lately";
import { all, classesWithQueues, ledgerReader, sum } from "./ledger-reader";

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
  /** Instances that are nobody's runners, to be terminated. */
  readonly orphans: readonly OrphanInstance[];
  readonly jobs: JobAccounts;
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
  const mapped = (await storedRows(mapping)).filter(isClassRow).flatMap((row) => {
    const fields = parseClassRow(row);
    const resolved = isBad(fields) ? fields : resolveClass(rowLabel(row).name, fields, settings);
    return isBad(resolved) ? [] : [resolved];
  });
  const { LAMBDA, EC2 } = settings.defaults;
  return new Map([...seen, LAMBDA, EC2, ...mapped].map((each) => [classKey(each), each.maxRunners]));
};

const uses = async (
  ledger: LedgerReader,
  limit: number,
  classes: ReadonlyMap<string, number>,
  waiting: readonly Attempt[],
): Promise<readonly Use[]> => {
  const scopes = [[STACK, limit] as const, ...classes];
  return Promise.all(
    scopes.map(async ([scope, limit]) => ({
      scope,
      limit,
      taken: sum(await ledger.slots(scope)),
      waiting: waiting.filter((each) => scope === STACK || each.classKey === scope).length,
    })),
  );
};

/** Reads what there is to show. Writes nothing. */
export const readStatus = async (context: Context, deployment: Deployment): Promise<DeploymentStatus> => {
  const ledger = ledgerReader(context, deployment);
  const environment = await lookUpEnvironment(context.clients.lambda(), deployment);
  const settings = settingsOf(environment, deployment);
  const [runners, orphans, starting, lines, startsAreOn, failed] = await Promise.all([
    all((cursor) => ledger.openRunners(cursor)),
    all((cursor) => ledger.openOrphans(cursor)),
    all((cursor) => ledger.openAttempts(cursor)),
    classesWithQueues(ledger),
    configurationOf(context, deployment).startsAreOn(),
    failedLately(
      context.clients.dynamoDb(),
      output(deployment, "LedgerTableName"),
      context.now() - DAY_MILLISECONDS,
    ),
  ]);
  const waiting = (await Promise.all(lines.map((key) => ledger.waiting(key, LINE_LIMIT)))).flat();
  const seen = [...starting, ...waiting, ...runners].flatMap(({ order }) => order?.runnerClass ?? []);
  const classes = await knownClasses(context, deployment, settings, seen);
  return {
    startsAreOn,
    uses: await uses(ledger, totalLimit(deployment), classes, waiting),
    runners,
    orphans,
    jobs: await jobAccounts(ledger, [...failed.attempts, ...starting, ...waiting], runners, context.now(), {
      startsAreOn,
    }),
    isComplete: failed.isComplete,
  };
};
