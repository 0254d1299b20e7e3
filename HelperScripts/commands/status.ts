import { jobOf, type OrphanInstance, type Runner } from "../../Core/model/ledger";
import { failureText, WAITING_WORDS } from "../../Core/model/reason-words";
import { table } from "../console/table";
import { dollars, duration, moment, plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { findDeployment } from "../deployment";
import { sum } from "../ledger/ledger-reader";
import { type DeploymentStatus, readStatus } from "../ledger/read-status";

const SHOWN = 20;

const alive = (runners: readonly Runner[]): readonly Runner[] =>
  runners.filter(({ state }) => state !== "GONE");

/** USD an hour of what is known; how many are unknown. */
const costNow = ({ runners, orphans }: Pick<DeploymentStatus, "runners" | "orphans">) => {
  const prices = [...alive(runners).map(({ pricePerHour }) => pricePerHour), ...orphans.map(() => undefined)];
  const known = prices.filter((price) => price !== undefined);
  return { perHour: sum(known), unknown: prices.length - known.length };
};

const runnerRow =
  (now: number) =>
  (runner: Runner): readonly string[] => {
    const since = runner.times.LAUNCHED ?? runner.times.CREATED ?? runner.times.STARTING;
    return [
      String(runner.busyJobId ?? runner.jobId),
      runner.order?.jobName ?? "(found in GitLab)",
      runner.state.toLowerCase(),
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

const section = (title: string, count: number, body: () => string): readonly string[] =>
  count === 0 ? [] : ["", title, body()];

const more = (count: number): string => (count > SHOWN ? `\n… and ${count - SHOWN} more` : "");

const text = (context: Context, status: DeploymentStatus): string => {
  const { console } = context;
  const { bold, yellow, red } = console.colours;
  const now = context.now();
  const { runners, waiting, failed } = status;
  const running = alive(runners);
  const runnerRows = [...running.map(runnerRow(now)), ...status.orphans.map(orphanRow(now))];
  const cost = costNow(status);
  const unknown = cost.unknown > 0 ? `, and ${plural(cost.unknown, "runner")} of unknown price` : "";
  const useRows = status.uses.map(({ scope, taken, limit, waiting }) => [
    scope,
    String(taken),
    String(limit),
    String(waiting),
  ]);
  const waitingRows = waiting
    .slice(0, SHOWN)
    .map(({ jobId, order, classKey: key, waitingFor }) => [
      String(jobId),
      order.jobName,
      key,
      WAITING_WORDS[waitingFor ?? "slot"].short,
      duration(now - order.queuedAt),
    ]);
  const failedRows = failed.attempts
    .slice(0, SHOWN)
    .map((failure) => [
      String(failure.jobId),
      String(failure.attempt),
      jobOf(failure).jobName,
      moment(failure.times.FAILED ?? 0),
      failureText(failure),
    ]);
  return [
    status.startsAreOn ? "New starts: on" : yellow("New starts: paused (npm run runners -- resume)"),
    `${plural(runnerRows.length, "runner")}, ${plural(waiting.length, "job")} waiting, ${failed.attempts.length} failed in 24 hours`,
    `Cost now: ${dollars(cost.perHour)} an hour${unknown}`,
    "",
    table(console, ["limit", "taken", "of", "waiting"], useRows),
    ...section(bold("Runners"), runnerRows.length, () => {
      const head = ["job", "name", "state", "class", "runs on", "market", "for"];
      return table(console, head, runnerRows.slice(0, SHOWN)) + more(runnerRows.length);
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

const json = ({ runners, waiting, failed, starting, ...rest }: DeploymentStatus) => ({
  ...rest,
  cost: costNow({ runners, orphans: rest.orphans }),
  runners: alive(runners).map(({ nonce: _, ...runner }) => runner),
  starting,
  waiting,
  failed: failed.attempts,
});

/** `status`: what runs, waits and failed; limits and their use; the cost of now. */
export const status = async (context: Context, options: CommonOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const read = await readStatus(context, deployment);
  show(context, options, json(read), text(context, read));
  return 0;
};
