import { setTimeout as sleep } from "node:timers/promises";
import type { StandIn } from "../local/gitlab";
import type { Laptop } from "../local/laptop/laptop";
import { readLedger } from "../local/laptop/ledger-view";
import { hasNothingRemaining } from "../local/terminal/summary";
import { wrongStarts } from "../tests/simulation/world/proof/starts";
import { cheapRunner } from "./cheap-runner";
import { RunnerSpans } from "./runner-spans";

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
}

export interface LoadResult {
  readonly webhooks: {
    readonly due: number;
    readonly sent: number;
    readonly accepted: number;
    readonly lost: number;
    readonly repeated: number;
  };
  /** Milliseconds, measured after twenty warm-ups. */
  readonly acceptMs: readonly number[];
  readonly succeeded: number;
  readonly notEnded: number;
  /** Runners that should not have been, as the Lambda host and GitLab show them: one sentence each. */
  readonly doubleStarts: readonly string[];
  /** Jobs that needed another attempt. */
  readonly furtherAttempts: number;
  readonly isAllGone: boolean;
  /** Time from the last webhook until nothing was left. */
  readonly drainMs: number;
}

const create = async (standIn: StandIn, plan: LoadPlan): Promise<number[]> => {
  const ids: number[] = [];
  const pipelines = Math.ceil(plan.jobs / plan.perPipeline);
  for (let index = 0; index < pipelines; index += 1) {
    const size = Math.min(plan.perPipeline, plan.jobs - ids.length);
    const jobs = Array.from({ length: size }, (_, job) => ({
      name: `load ${index} ${job}`,
      script: ["true"],
    }));
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

/** Runs a load on a laptop and replaces the runner functions by cheap ones meanwhile. */
export const runLoad = async (laptop: Laptop, plan: LoadPlan): Promise<LoadResult> => {
  const { standIn } = laptop;
  if (!standIn) throw new Error("A load needs the stand-in for GitLab");
  const spans = new RunnerSpans(laptop.stacks.Infrastructure.name, () => standIn.runners());
  laptop.host.replaceRunners(cheapRunner(laptop, spans));
  const before = { ...standIn.counts().webhooks };
  const acceptedBefore = laptop.webhookApi.counts().acceptMs.length;
  standIn.setFaults({ lose: plan.lose, repeat: plan.repeat, delayMs: [0, plan.shuffleMs] });
  const ids = new Set(await create(standIn, plan));
  const drained = await drain(laptop, standIn, ids);
  standIn.setFaults({});
  laptop.host.replaceRunners(undefined);
  await answered(standIn);

  const { attempts } = await readLedger(laptop.env, laptop.stacks.AutoScaler.outputs.LedgerTableName ?? "");
  const own = attempts.filter(({ jobId }) => ids.has(jobId));
  const statuses = statusesOf(standIn, ids);
  const after = standIn.counts().webhooks;
  const since = (name: "due" | "sent" | "accepted" | "lost" | "repeated"): number =>
    after[name] - before[name];
  return {
    webhooks: {
      due: since("due"),
      sent: since("sent"),
      accepted: since("accepted"),
      lost: since("lost"),
      repeated: since("repeated"),
    },
    acceptMs: laptop.webhookApi.counts().acceptMs.slice(acceptedBefore + WARM_UPS),
    succeeded: statuses.filter((status) => status === "success").length,
    notEnded: plan.jobs - statuses.filter((status) => status === "success" || status === "failed").length,
    doubleStarts: wrongStarts(spans.all.filter(({ jobId }) => ids.has(jobId))),
    furtherAttempts: own.filter(({ attempt }) => attempt > 1).length,
    ...drained,
  };
};
