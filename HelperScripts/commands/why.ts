import type { LedgerReader } from "../../Core/ledger/reader";
import { type Attempt, isQueued, jobOf, type Runner, type Time } from "../../Core/model/ledger";
import { failureText, LAUNCH_HOLD_WORDS, WAITING_WORDS } from "../../Core/model/reason-words";
import { safe } from "../console/console";
import { table } from "../console/table";
import { dollars, duration, moment } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { findDeployment } from "../deployment";
import { ledgerReader } from "../ledger/ledger-reader";

interface Step {
  readonly at: Time;
  readonly attempt: number;
  readonly what: string;
}

const REACHED: Readonly<Record<Attempt["state"], string>> = {
  WAITING: "waited",
  CLAIMED: "claimed, with a place under the limits",
  CREATED: "runner created in GitLab",
  LAUNCHED: "runner launched",
  RUNNING: "job running",
  ENDED: "job over",
  FAILED: "start failed",
};

const RUNNER_REACHED: Readonly<Partial<Record<string, string>>> = {
  BUSY: "runner busy",
  ENDING: "runner ending",
  GONE: "runner gone",
};

const detail = (state: string, attempt: Attempt): string => {
  if (state === "CREATED") return attempt.runnerId === undefined ? "" : ` (id ${attempt.runnerId})`;
  if (state === "LAUNCHED") return attempt.resourceId === undefined ? "" : ` (${attempt.resourceId})`;
  if (state === "ENDED") return attempt.outcome === undefined ? "" : ` (${attempt.outcome})`;
  return state === "FAILED" && attempt.reason ? ` (${failureText(attempt)})` : "";
};

const attemptSteps = (attempt: Attempt): readonly Step[] =>
  Object.entries(attempt.times).map(([state, at]) => ({
    at,
    attempt: attempt.attempt,
    what: `${REACHED[state as Attempt["state"]] ?? state}${detail(state, attempt)}`,
  }));

const runnerSteps = (attempt: Attempt, runner: Runner | undefined): readonly Step[] => {
  const times = Object.entries(runner?.times ?? {});
  const steps = times.flatMap(([state, at]) => {
    const what = RUNNER_REACHED[state];
    return what ? [{ at, attempt: attempt.attempt, what: `${what} (id ${runner?.runnerId})` }] : [];
  });
  const paused = runner?.pausedAt;
  return paused === undefined
    ? steps
    : [...steps, { at: paused, attempt: attempt.attempt, what: "runner paused: it takes no other job" }];
};

const verdict = (attempt: Attempt, runner: Runner | undefined): string => {
  if (isQueued(attempt)) {
    const { waitingFor = "slot", notBefore } = attempt;
    const until = notBefore === undefined ? "" : ` Not before ${moment(notBefore)} (UTC).`;
    return `It waits for ${WAITING_WORDS[waitingFor].long}.${until}`;
  }
  switch (attempt.state) {
    case "WAITING":
    case "CLAIMED":
    case "CREATED":
      return `Its runner is being started${runner?.heldBy ? `; last problem: ${LAUNCH_HOLD_WORDS[runner.heldBy]}` : ""}.`;
    case "LAUNCHED":
      return "Its runner is launched and has not taken the job yet.";
    case "RUNNING":
      return "The job is running.";
    case "ENDED":
      return runner && runner.state !== "GONE" ? "The job is over; its runner is being ended." : "Completed.";
    case "FAILED":
      return `No runner could be started: ${failureText(attempt)}.`;
  }
};

interface Life {
  readonly attempt: Attempt;
  readonly runner: Runner | undefined;
}

const runnerOf = async (ledger: LedgerReader, attempt: Attempt): Promise<Life> => {
  const id = attempt.ranOnRunnerId ?? attempt.runnerId;
  return { attempt, runner: id === undefined ? undefined : await ledger.runner(id) };
};

const timeline = (context: Context, lives: readonly Life[]): string => {
  const queuedAt = lives[0]?.attempt.order?.queuedAt;
  const steps = lives
    .flatMap(({ attempt, runner }) => [...attemptSteps(attempt), ...runnerSteps(attempt, runner)])
    .sort((a, b) => a.at - b.at);
  const made = "job made in GitLab (GitLab's clock)";
  const queued = queuedAt === undefined ? [] : [{ at: queuedAt, attempt: 1, what: made }];
  const rows = [...queued, ...steps].map(({ at, attempt, what }, index, every) => {
    const before = every[index - 1]?.at;
    return [moment(at), before === undefined ? "" : `+${duration(at - before)}`, String(attempt), what];
  });
  return table(context.console, ["when (UTC)", "after", "attempt", "what"], rows);
};

const facts = ({ attempt }: Life): readonly string[] => {
  const runnerClass = attempt.order?.runnerClass;
  return [
    String(attempt.attempt),
    attempt.state,
    runnerClass?.type ?? "–",
    runnerClass?.name ?? "–",
    attempt.market ?? "–",
    attempt.pricePerHour === undefined ? "unknown" : `${dollars(attempt.pricePerHour)}/h`,
    dollars(attempt.cost),
  ];
};

const swap = ({ attempt }: Life): string | undefined =>
  attempt.ranOnRunnerId !== undefined && attempt.ranOnRunnerId !== attempt.runnerId
    ? `GitLab gave it to runner ${attempt.ranOnRunnerId}, which was started for another job; the two swapped.`
    : undefined;

const text = (context: Context, lives: readonly Life[], last: Life): string => {
  const { jobId, order } = last.attempt;
  const { jobName, projectId } = jobOf(last.attempt);
  const tagged = order?.tags.length === 0 ? ", untagged" : `, tags ${order?.tags.join(", ")}`;
  const head = `Job ${jobId} ${JSON.stringify(jobName)} of project ${projectId}${order ? tagged : ""}`;
  const columns = ["attempt", "state", "type", "class", "market", "price", "cost"];
  const swapped = lives.flatMap((life) => swap(life) ?? []);
  return [
    context.console.colours.bold(safe(head)),
    table(context.console, columns, lives.map(facts)),
    "",
    timeline(context, lives),
    "",
    ...swapped,
    safe(verdict(last.attempt, last.runner)),
  ].join("\n");
};

/** Leaves out what is of no use to people: the key of the bootstrap row. */
const withoutNonce = (runner: Runner | undefined) => {
  if (runner === undefined) return undefined;
  const { nonce: _, ...rest } = runner;
  return rest;
};

/** `why JOB_ID`: the life of one job from the ledger. */
export const why = async (context: Context, jobId: number, options: CommonOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const ledger = ledgerReader(context, deployment);
  const attempts = await ledger.attempts(jobId);
  const lives = await Promise.all(attempts.map((attempt) => runnerOf(ledger, attempt)));
  const last = lives.at(-1);
  if (last === undefined) {
    const hint =
      "it never asked for a runner of ours, or is over for more than 30 days. explain tells which runner it would get; doctor checks the webhook";
    show(context, options, { jobId, attempts: [] }, `The ledger does not know job ${jobId}: ${hint}.`);
    return 1;
  }
  const json = {
    jobId,
    attempts: lives.map(({ attempt, runner }) => ({ ...attempt, runner: withoutNonce(runner) })),
    verdict: verdict(last.attempt, last.runner),
  };
  show(context, options, json, text(context, lives, last));
  return 0;
};
