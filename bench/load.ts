/**
 * The loads L-1 and L-2 on the laptop: no job lost, none started twice, nothing left.
 *
 *   npm run load
 */
import "../HelperScripts/quiet-sdk";

import { type Laptop, startLaptop } from "../local/laptop/laptop";
import { type LoadPlan, type LoadResult, runLoad } from "./load-run";
import { memoryText, watchMemory } from "./memory";
import { percentile, spread } from "./percentile";
import { raiseLimits } from "./raise-limits";

const MAX_RUNNERS = 500;
const MAX_ACCEPT_MS = 1_000;
const MAX_DRAIN_MS = 30_000;
const FAULTS = { lose: 0.02, repeat: 0.1 };
/** Four webhooks a job: created, pending, running and its end. */
const L1: LoadPlan = { jobs: 250, seconds: 60, perPipeline: 5, shuffleMs: 10_000, ...FAULTS };
/** One big pipeline: 250 jobs, whose created and pending webhooks come within two seconds. */
const L2: LoadPlan = { jobs: 250, seconds: 2, perPipeline: 250, shuffleMs: 2_000, ...FAULTS };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const holds = (plan: LoadPlan, result: LoadResult): boolean =>
  result.succeeded === plan.jobs &&
  result.notEnded === 0 &&
  result.doubleStarts.length === 0 &&
  result.isAllGone &&
  result.drainMs <= MAX_DRAIN_MS &&
  (percentile(result.acceptMs, 95) ?? 0) < MAX_ACCEPT_MS;

const report = (title: string, { webhooks, ...result }: LoadResult, plan: LoadPlan): void => {
  say(title);
  say(
    `  webhooks           ${webhooks.due} due, ${webhooks.lost} lost, ${webhooks.repeated} twice; ${webhooks.accepted} of ${webhooks.sent} sent were accepted`,
  );
  say(`  acknowledgement ${spread(result.acceptMs)}`);
  say(
    `  jobs            ${result.succeeded} of ${plan.jobs} succeeded, ${result.notEnded} lost, ${result.doubleStarts.length} double starts, ${result.furtherAttempts} further attempts`,
  );
  for (const double of result.doubleStarts) say(`  ${double}`);
  say(
    `  all gone        ${result.isAllGone}, ${(result.drainMs / 1_000).toFixed(1)} s after the last webhook`,
  );
};

const one = async (laptop: Laptop, title: string, plan: LoadPlan): Promise<boolean> => {
  const memory = watchMemory(laptop);
  const result = await runLoad(laptop, plan);
  report(title, result, plan);
  say(`  memory at most  ${memoryText(memory.peak())}`);
  return holds(plan, result);
};

const main = async (): Promise<boolean> => {
  const laptop = await startLaptop({ log: say });
  try {
    await raiseLimits(laptop, MAX_RUNNERS);
    const first = await one(laptop, "L-1: 1,000 webhooks in 60 s", L1);
    const second = await one(laptop, "L-2: 500 webhooks in 2 s", L2);
    return first && second;
  } finally {
    await laptop.close();
  }
};

main()
  .then((isHeld) => process.exit(isHeld ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
