import { configurationOf } from "../configuration";
import { duration, plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, defaultStackName, findDeployment } from "../deployment";
import { all, ledgerReader } from "../ledger/ledger-reader";

const switchStarts = async (
  context: Context,
  options: CommonOptions,
  to: "on" | "off",
): Promise<Deployment> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  await configurationOf(context, deployment).write("starts", to, "String");
  return deployment;
};

/** `pause`: pauses new starts; jobs are queued. */
export const pause = async (context: Context, options: CommonOptions): Promise<ExitCode> => {
  await switchStarts(context, options, "off");
  const text =
    "New starts are paused within a minute. Running jobs go on; new ones are queued until: npx runners resume";
  show(context, options, { starts: "off" }, text);
  return 0;
};

/** `resume`: resumes new starts. */
export const resume = async (context: Context, options: CommonOptions): Promise<ExitCode> => {
  await switchStarts(context, options, "on");
  const text =
    "New starts are resumed. Jobs that wait start within three minutes: functions remember the pause for one, then the next pass of the reconciler finds the jobs.";
  show(context, options, { starts: "on" }, text);
  return 0;
};

export interface DrainOptions extends CommonOptions {
  readonly timeoutMinutes: number;
}

const LOOK_EVERY_MILLISECONDS = 5_000;
/** Functions keep the switch for a minute: a start may still come through so long. */
const SWITCH_SETTLES_MILLISECONDS = 75_000;
/** Times that nothing was seen, one after the other, before nothing is believed: indexes lag. */
const EMPTY_LOOKS = 2;

interface Left {
  /** Instances that are nobody's runner included. */
  readonly runners: number;
  readonly starting: number;
}

const howMuchIsLeft = async (context: Context, deployment: Deployment): Promise<Left> => {
  const ledger = ledgerReader(context, deployment);
  const runners = await all((cursor) => ledger.openRunners(cursor));
  const orphans = await all((cursor) => ledger.openOrphans(cursor));
  const starting = await all((cursor) => ledger.openAttempts(cursor));
  return { runners: runners.length + orphans.length, starting: starting.length };
};

const waitUntilEmpty = async (
  context: Context,
  deployment: Deployment,
  timeoutMilliseconds: number,
): Promise<Left> => {
  const { console, now, sleep } = context;
  const startedAt = now();
  let emptyLooks = 0;
  let told = "";
  for (;;) {
    const left = await howMuchIsLeft(context, deployment);
    const waited = now() - startedAt;
    const isEmpty = left.runners + left.starting === 0;
    emptyLooks = isEmpty && waited >= SWITCH_SETTLES_MILLISECONDS ? emptyLooks + 1 : 0;
    if (emptyLooks >= EMPTY_LOOKS || waited >= timeoutMilliseconds) return left;
    const line = isEmpty
      ? "Nothing runs. Waiting until every function has seen the switch."
      : `${plural(left.runners, "runner")} left, ${plural(left.starting, "job")} under way.`;
    if (console.isTerminal) console.replaceLine(`${line} (${duration(waited)})`);
    else if (line !== told) console.err(line);
    told = line;
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
};

const goodbye = (stackName: string): string =>
  [
    "Nothing runs any more, and nothing new starts. The stacks can be deleted, in this order:",
    ...[stackName, defaultStackName("LambdaShellRunner"), defaultStackName("Infrastructure")].map(
      (name) => `  sam delete --stack-name ${name}`,
    ),
    "The mapping and ledger tables stay, protected against deletion: they are yours to remove.",
  ].join("\n");

/** What came of waiting. */
export interface Drained extends Left {
  readonly isDrained: boolean;
}

/** Pauses new starts and waits until nothing of ours runs. */
export const waitUntilDrained = async (context: Context, options: DrainOptions): Promise<Drained> => {
  const deployment = await switchStarts(context, options, "off");
  context.console.err("New starts are paused. Running jobs go on until their end.");
  const left = await waitUntilEmpty(context, deployment, options.timeoutMinutes * 60_000);
  if (context.console.isTerminal) context.console.replaceLine("");
  return { ...left, isDrained: left.runners + left.starting === 0 };
};

/** What is left after the time for waiting, in a sentence. */
export const leftText = ({ runners, starting }: Drained, { timeoutMinutes }: DrainOptions): string =>
  `After ${timeoutMinutes} minutes ${plural(runners, "runner")} and ${plural(starting, "job")} are left: run drain again, or look with status.`;

/** `drain`. */
export const drain = async (context: Context, options: DrainOptions): Promise<ExitCode> => {
  const drained = await waitUntilDrained(context, options);
  const { isDrained, runners, starting } = drained;
  const text = isDrained ? goodbye(options.stackName) : leftText(drained, options);
  show(context, options, { drained: isDrained, runners, starting }, text);
  return isDrained ? 0 : 1;
};
