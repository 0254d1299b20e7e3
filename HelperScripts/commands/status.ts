import { STACK } from "../../AutoScaler/src/domain/ports";
import { resolveClass } from "../../Core/class-resolution";
import type { Attempt, Runner } from "../../Core/ledger";
import { isBad, parseClassRow } from "../../Core/mapping-row";
import type { RoutingSettings } from "../../Core/routing-settings";
import { classKey, type RunnerClass } from "../../Core/runner-class";
import { configurationOf } from "../configuration";
import { table } from "../console/table";
import { dollars, duration, moment, plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import {
  type Deployment,
  findDeployment,
  lookUpEnvironment,
  output,
  settingsOf,
  stackCap,
} from "../deployment";
import { type FailedLately, failedLately } from "../ledger/failed-lately";
import { all, classesWithLines, type LedgerReader, ledgerReader, sum } from "../ledger/ledger-reader";
import { MappingTable } from "../mapping/mapping-table";
import { isClassRow, rowLabel } from "../mapping/row-kinds";
import { storedRows } from "../mapping/stored-rows";

const DAY_MILLISECONDS = 24 * 60 * 60_000;
const LINE_LIMIT = 1_000;
const SHOWN = 20;

interface Use {
  readonly scope: string;
  readonly taken: number;
  readonly cap: number;
  readonly waiting: number;
}

interface Status {
  readonly startsAreOn: boolean;
  readonly uses: readonly Use[];
  readonly runners: readonly Runner[];
  readonly starting: readonly Attempt[];
  readonly waiting: readonly Attempt[];
  readonly failed: FailedLately;
}

/** The caps that there are: the default classes, the mapping's, and those that runners were started with. */
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
  cap: number,
  classes: ReadonlyMap<string, number>,
  waiting: readonly Attempt[],
): Promise<readonly Use[]> => {
  const scopes = [[STACK, cap] as const, ...classes];
  return Promise.all(
    scopes.map(async ([scope, cap]) => ({
      scope,
      cap,
      taken: sum(await ledger.places(scope)),
      waiting: waiting.filter((each) => scope === STACK || each.classKey === scope).length,
    })),
  );
};

const readStatus = async (context: Context, deployment: Deployment): Promise<Status> => {
  const ledger = ledgerReader(context, deployment);
  const environment = await lookUpEnvironment(context.clients.lambda(), deployment);
  const settings = settingsOf(environment, deployment);
  const [runners, starting, lines, startsAreOn, failed] = await Promise.all([
    all((cursor) => ledger.openRunners(cursor)),
    all((cursor) => ledger.openAttempts(cursor)),
    classesWithLines(ledger),
    configurationOf(context, deployment).startsAreOn(),
    failedLately(
      context.clients.dynamoDb(),
      output(deployment, "LedgerTableName"),
      context.now() - DAY_MILLISECONDS,
    ),
  ]);
  const waiting = (await Promise.all(lines.map((key) => ledger.waiting(key, LINE_LIMIT)))).flat();
  const seen = [...starting, ...waiting, ...runners].map(({ order }) => order.runnerClass);
  const classes = await knownClasses(context, deployment, settings, seen);
  return {
    startsAreOn,
    uses: await uses(ledger, stackCap(deployment), classes, waiting),
    runners,
    starting,
    waiting: waiting.sort((a, b) => a.order.queuedAt - b.order.queuedAt),
    failed,
  };
};

const alive = (runners: readonly Runner[]): readonly Runner[] =>
  runners.filter(({ state }) => state !== "GONE");

/** USD an hour of what is known; how many are unknown. */
const costNow = (runners: readonly Runner[]) => {
  const prices = alive(runners).map(({ pricePerHour }) => pricePerHour);
  const known = prices.filter((price) => price !== undefined);
  return { perHour: sum(known), unknown: prices.length - known.length };
};

const runnerRow =
  (now: number) =>
  (runner: Runner): readonly string[] => {
    const since = runner.times.LAUNCHED ?? runner.times.CREATED ?? runner.times.STARTING;
    return [
      String(runner.busyJobId ?? runner.jobId),
      runner.order.jobName,
      runner.state.toLowerCase(),
      runner.classKey,
      runner.resourceId ?? "–",
      runner.market ?? "–",
      since === undefined ? "–" : duration(now - since),
    ];
  };

const WAITS: Readonly<Record<string, string>> = {
  place: "a place",
  "starts-on": "resume",
  ec2: "EC2",
};

const section = (title: string, count: number, body: () => string): readonly string[] =>
  count === 0 ? [] : ["", title, body()];

const more = (count: number): string => (count > SHOWN ? `\n… and ${count - SHOWN} more` : "");

const text = (context: Context, status: Status): string => {
  const { console } = context;
  const { bold, yellow, red } = console.colours;
  const now = context.now();
  const { runners, waiting, failed } = status;
  const running = alive(runners);
  const cost = costNow(runners);
  const unknown = cost.unknown > 0 ? `, and ${plural(cost.unknown, "runner")} of unknown price` : "";
  const useRows = status.uses.map(({ scope, taken, cap, waiting }) => [
    scope,
    String(taken),
    String(cap),
    String(waiting),
  ]);
  const waitingRows = waiting
    .slice(0, SHOWN)
    .map(({ jobId, order, classKey: key, waitingFor }) => [
      String(jobId),
      order.jobName,
      key,
      WAITS[waitingFor ?? "place"] ?? "",
      duration(now - order.queuedAt),
    ]);
  const failedRows = failed.attempts
    .slice(0, SHOWN)
    .map(({ jobId, attempt, order, times, reason }) => [
      String(jobId),
      String(attempt),
      order.jobName,
      moment(times.FAILED ?? 0),
      reason ?? "",
    ]);
  return [
    status.startsAreOn ? "New starts: on" : yellow("New starts: held (npm run runners -- resume)"),
    `${plural(running.length, "runner")}, ${plural(waiting.length, "job")} waiting, ${failed.attempts.length} failed in 24 hours`,
    `Cost now: ${dollars(cost.perHour)} an hour${unknown}`,
    "",
    table(console, ["cap", "taken", "of", "waiting"], useRows),
    ...section(bold("Runners"), running.length, () => {
      const head = ["job", "name", "state", "class", "runs on", "market", "for"];
      return table(console, head, running.slice(0, SHOWN).map(runnerRow(now))) + more(running.length);
    }),
    ...section(
      bold("Waiting"),
      waiting.length,
      () => table(console, ["job", "name", "class", "for", "since"], waitingRows) + more(waiting.length),
    ),
    ...section(
      red("Failed in the last 24 hours"),
      failed.attempts.length,
      () =>
        table(console, ["job", "attempt", "name", "when (UTC)", "why"], failedRows) +
        more(failed.attempts.length),
    ),
    ...(failed.isComplete ? [] : ["(The ledger is large: not all of it was looked through for failures.)"]),
  ]
    .map((line) => line)
    .join("\n");
};

const json = ({ runners, waiting, failed, starting, ...rest }: Status) => ({
  ...rest,
  cost: costNow(runners),
  runners: alive(runners).map(({ nonce: _, ...runner }) => runner),
  starting,
  waiting,
  failed: failed.attempts,
});

/** `status`: what runs, waits and failed; caps and their use; the cost of now. */
export const status = async (context: Context, options: CommonOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const read = await readStatus(context, deployment);
  show(context, options, json(read), text(context, read));
  return 0;
};
