import { setTimeout as sleep } from "node:timers/promises";
import type { StandIn } from "../../local/gitlab";
import type { FinishedCall } from "../../local/lambda-host";
import type { Laptop } from "../../local/laptop/laptop";
import { type LedgerView, readLedger } from "../../local/laptop/ledger-view";
import { hasNothingRemaining } from "../../local/terminal/summary";
import { wrongStarts } from "../../tests/simulation/world/proof/starts";
import { cheapRunner } from "./cheap-runner";
import { jobsByProvider, RunnerRecords, runnerSpans, type SeenRunners } from "./runner-spans";

const PROJECT = 9;
const WARM_UPS = 20;
const TIMEOUT_MS = 300_000;

/** A load: number of jobs, seconds, and the faults of the webhooks. */
export interface LoadPlan {
  readonly jobs: number;
  readonly seconds: number;
  /** Jobs of a pipeline, which are created together. */
  readonly perPipeline: number;
  /** Largest delay of a webhook; random delays shuffle the order. */
  readonly shuffleMs: number;
  readonly lose: number;
  readonly repeat: number;
  /** Fraction of the jobs that the mapping sends to EC2. */
  readonly onEc2: number;
  /** `cheap`: what replaces the runner functions, so that the rest is measured. `shipped`: the runners as they ship. */
  readonly runners: "cheap" | "shipped";
}

const WEBHOOK_COUNTS = ["due", "sent", "accepted", "lost", "repeated"] as const;

export interface LoadResult {
  readonly webhooks: Readonly<Record<(typeof WEBHOOK_COUNTS)[number], number>>;
  /** Milliseconds, measured after twenty warm-ups. */
  readonly acceptMs: readonly number[];
  readonly succeeded: number;
  readonly notEnded: number;
  /** Runners that should not have been, as the Lambda host, EC2 and GitLab show them: one sentence each. */
  readonly doubleStarts: readonly string[];
  /** Jobs that needed another attempt. */
  readonly furtherAttempts: number;
  /** Jobs that ran on each provider. */
  readonly byProvider: ReturnType<typeof jobsByProvider>;
  readonly isAllGone: boolean;
  /** Time from the last webhook until nothing was left. */
  readonly drainMs: number;
}

/** The mapping has this job for EC2; every other one gets the default, a Lambda runner. */
const EC2_JOB = { name: "image build", tags: ["docker"], script: ["true"] };

const jobSpec = (index: number, onEc2: number) =>
  Math.floor((index + 1) * onEc2) > Math.floor(index * onEc2)
    ? EC2_JOB
    : { name: `load ${index}`, script: ["true"] };

const create = async (standIn: StandIn, plan: LoadPlan): Promise<number[]> => {
  const ids: number[] = [];
  const pipelines = Math.ceil(plan.jobs / plan.perPipeline);
  for (let index = 0; index < pipelines; index += 1) {
    const size = Math.min(plan.perPipeline, plan.jobs - ids.length);
    const jobs = Array.from({ length: size }, (_, job) => jobSpec(ids.length + job, plan.onEc2));
    ids.push(...standIn.createPipeline(PROJECT, jobs).map(({ id }) => id));
    if (index + 1 < pipelines) await sleep((plan.seconds * 1_000) / pipelines);
  }
  return ids;
};

const statusesOf = (standIn: StandIn, ids: ReadonlySet<number>): string[] =>
  standIn.jobs().flatMap(({ id, status }) => (ids.has(id) ? [status] : []));

/** Waits until every job has ended and nothing is left, and records when the last webhook was sent. */
const drain = async (
  laptop: Laptop,
  standIn: StandIn,
  ids: ReadonlySet<number>,
): Promise<{ drainMs: number; isAllGone: boolean }> => {
  let sent = standIn.counts().webhooks.sent;
  let lastWebhookAt = Date.now();
  for (const until = Date.now() + TIMEOUT_MS; Date.now() < until; await sleep(500)) {
    if (standIn.counts().webhooks.sent !== sent)
      [sent, lastWebhookAt] = [standIn.counts().webhooks.sent, Date.now()];
    if (!statusesOf(standIn, ids).every((status) => status === "success")) continue;
    if (hasNothingRemaining((await laptop.status()).remaining))
      return { drainMs: Date.now() - lastWebhookAt, isAllGone: true };
  }
  return { drainMs: Date.now() - lastWebhookAt, isAllGone: false };
};

/** Number of webhooks under way, e.g. doubled ones of ended jobs. */
const answered = async (standIn: StandIn): Promise<void> => {
  const isAnswered = (): boolean => {
    const { sent, accepted, failed } = standIn.counts().webhooks;
    return sent === accepted + failed;
  };
  for (let round = 0; round < 100 && !isAnswered(); round += 1) await sleep(100);
};

/** A second delivery is over after a second or two, a cheap runner without a job after four. */
const RUNNERS_END_MS = 10_000;

/** What Lambda ran and runs, after a time in which calls that have no row end. */
const callsOf = async ({ host }: Laptop, ended: readonly FinishedCall[]): Promise<SeenRunners["calls"]> => {
  for (const until = Date.now() + RUNNERS_END_MS; host.underWay().length > 0 && Date.now() < until; )
    await sleep(100);
  return [...ended, ...host.underWay()];
};

/** The ledger's items of these jobs. */
const ownItems = async (laptop: Laptop, ids: ReadonlySet<number>): Promise<LedgerView> => {
  const all = await readLedger(laptop.env, laptop.stacks.AutoScaler.outputs.LedgerTableName ?? "");
  return {
    ...all,
    attempts: all.attempts.filter(({ jobId }) => ids.has(jobId)),
    runners: all.runners.filter(({ launchedFor }) => ids.has(launchedFor.jobId)),
  };
};

/**
 * Runs a load on a laptop.
 *
 * @param calls of the laptop's functions; more are added while it runs
 */
export const runLoad = async (
  laptop: Laptop,
  plan: LoadPlan,
  calls: readonly FinishedCall[],
): Promise<LoadResult> => {
  const { standIn } = laptop;
  if (!standIn) throw new Error("A load needs the stand-in for GitLab");
  const records = new RunnerRecords(laptop.stacks.Infrastructure.name);
  standIn.onRunnerChange((change) => records.changed(change));
  if (plan.runners === "cheap") laptop.host.replaceRunners(cheapRunner(laptop));
  const before = { ...standIn.counts().webhooks };
  const acceptedBefore = laptop.webhookApi.counts().acceptMs.length;
  standIn.setFaults({ lose: plan.lose, repeat: plan.repeat, delayMs: [0, plan.shuffleMs] });
  const ids = new Set(await create(standIn, plan));
  const drained = await drain(laptop, standIn, ids);
  standIn.setFaults({});
  laptop.host.replaceRunners(undefined);
  await answered(standIn);

  const ledger = await ownItems(laptop, ids);
  const statuses = statusesOf(standIn, ids);
  const seen = {
    records,
    calls: await callsOf(laptop, calls),
    jobs: standIn.jobs(),
    instances: laptop.ec2.instances(),
  };
  const spans = runnerSpans(seen);
  const after = standIn.counts().webhooks;
  const webhooks = Object.fromEntries(
    WEBHOOK_COUNTS.map((name) => [name, after[name] - before[name]]),
  ) as unknown as LoadResult["webhooks"];
  return {
    webhooks,
    acceptMs: laptop.webhookApi.counts().acceptMs.slice(acceptedBefore + WARM_UPS),
    succeeded: statuses.filter((status) => status === "success").length,
    notEnded: plan.jobs - statuses.filter((status) => status === "success" || status === "failed").length,
    doubleStarts: wrongStarts(spans.filter(({ jobId }) => ids.has(jobId))),
    furtherAttempts: ledger.attempts.filter(({ attempt }) => attempt > 1).length,
    byProvider: jobsByProvider(seen, ids),
    ...drained,
  };
};
