/**
 * The loads L-1, L-2 and L-8 on the laptop: no job lost, none started twice, nothing left.
 *
 *   npm run load
 */
import "../../HelperScripts/quiet-sdk";

import { uploadSampleMapping } from "../../local/command/sample-mapping";
import type { FinishedCall } from "../../local/lambda-host";
import { type Laptop, startLaptop } from "../../local/laptop/laptop";
import { memoryText, watchMemory } from "../memory";
import { percentile, spread } from "../percentile";
import { raiseLimits } from "../raise-limits";
import { type LoadPlan, type LoadResult, runLoad } from "./load-run";

const MAX_RUNNERS = 500;
const MAX_ACCEPT_MS = 1_000;
/** Where the last webhook of a job is lost: its event is made up for within 90 seconds; the end itself takes some more. */
const MAX_DRAIN_MS = 100_000;
const FAULTS = { lose: 0.02, repeat: 0.1 };
const CHEAP = { ...FAULTS, onEc2: 0, runners: "cheap" } as const;
/** Four webhooks a job: created, pending, running and its end. */
const L1: LoadPlan = { jobs: 250, seconds: 60, perPipeline: 5, shuffleMs: 10_000, ...CHEAP };
/** One big pipeline: 250 jobs, whose created and pending webhooks come within two seconds. */
const L2: LoadPlan = { jobs: 250, seconds: 2, perPipeline: 250, shuffleMs: 2_000, ...CHEAP };
/** The runners as they ship, a third on EC2: a process or more for each job, so at the rate that two cores can do. */
const SHIPPED: LoadPlan = {
  jobs: 60,
  seconds: 60,
  perPipeline: 5,
  shuffleMs: 5_000,
  ...FAULTS,
  onEc2: 1 / 3,
  runners: "shipped",
};

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
  say(`  ran on          ${JSON.stringify(result.byProvider)}`);
  for (const double of result.doubleStarts) say(`  double start    ${double}`);
  say(
    `  all gone        ${result.isAllGone}, ${(result.drainMs / 1_000).toFixed(1)} s after the last webhook`,
  );
};

const one = async (
  laptop: Laptop,
  title: string,
  plan: LoadPlan,
  calls: readonly FinishedCall[],
): Promise<boolean> => {
  const memory = watchMemory(laptop);
  const result = await runLoad(laptop, plan, calls);
  report(title, result, plan);
  say(`  memory at most  ${memoryText(memory.peak())}`);
  return holds(plan, result);
};

const main = async (): Promise<boolean> => {
  const calls: FinishedCall[] = [];
  const laptop = await startLaptop({ log: say, onCall: (call) => calls.push(call) });
  try {
    await uploadSampleMapping(laptop);
    await raiseLimits(laptop, MAX_RUNNERS);
    const held = [
      await one(laptop, "L-1: 1,000 webhooks in 60 s", L1, calls),
      await one(laptop, "L-2: 500 webhooks in 2 s", L2, calls),
      await one(laptop, "L-8: 60 jobs in 60 s on the shipped runners, a third on EC2", SHIPPED, calls),
    ];
    return held.every(Boolean);
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
