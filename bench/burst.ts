/**
 * 200 webhooks at once on the laptop: all accepted, all 200 runners started. With `--new-account` 200 jobs at once under
 * the limits of a new AWS account: all run to their end, which takes some minutes.
 *
 *   npx tsx bench/burst.ts [webhooks] [--new-account]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { jobWebhookPayload } from "../local/gitlab";
import { type Laptop, startLaptop } from "../local/laptop/laptop";
import { readLedger } from "../local/laptop/ledger-view";
import { hasNothingRemaining } from "../local/terminal/summary";
import { memoryText, watchMemory } from "./memory";
import { burstInNewAccount } from "./new-account-burst";
import { spread } from "./percentile";
import { raiseLimits } from "./raise-limits";

const PROJECT = 3;
const TIMEOUT_MS = 600_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** When each runner was launched, or when its job began if that was recorded first. */
const launches = async (laptop: Laptop): Promise<readonly number[]> => {
  const { LedgerTableName = "" } = laptop.stacks.AutoScaler.outputs;
  const { runners } = await readLedger(laptop.env, LedgerTableName);
  return runners.flatMap(({ times }) => times.LAUNCHED ?? times.BUSY ?? []);
};

/** Posts the pending webhooks of all jobs at once. @returns each job's milliseconds until the answer */
const postAll = (
  laptop: Laptop,
  ids: readonly number[],
): Promise<readonly { status: number; ms: number }[]> =>
  Promise.all(
    ids.map(async (id) => {
      const since = performance.now();
      const body = JSON.stringify(
        jobWebhookPayload({ build_id: id, project_id: PROJECT, build_status: "pending" }),
      );
      const headers = { "X-Gitlab-Token": laptop.webhookToken };
      const { status } = await fetch(laptop.webhook, { method: "POST", headers, body });
      return { status, ms: performance.now() - since };
    }),
  );

const main = async (webhooks: number): Promise<boolean> => {
  const laptop = await startLaptop({ log: say });
  try {
    await raiseLimits(laptop, webhooks + 10);
    const standIn = laptop.standIn;
    if (!standIn) throw new Error("A burst needs the stand-in for GitLab");
    // The webhooks of these jobs' creation are sent here; the stand-in sends those of their start and end.
    standIn.setFaults({ lose: 1 });
    const jobs = standIn.createPipeline(
      PROJECT,
      Array.from({ length: webhooks }, (_, index) => ({ name: `job ${index}`, script: ["echo done"] })),
    );
    standIn.setFaults({});
    const memory = watchMemory(laptop);
    const since = Date.now();
    const answers = await postAll(
      laptop,
      jobs.map(({ id }) => id),
    );
    const accepted = answers.filter(({ status }) => status === 200).length;
    say(`${webhooks} webhooks at once`);
    say(`  accepted        ${accepted} of ${webhooks}, ${spread(answers.map(({ ms }) => ms))}`);
    let launched = await launches(laptop);
    for (; launched.length < webhooks && Date.now() - since < TIMEOUT_MS; await sleep(500))
      launched = await launches(laptop);
    const lastLaunch = Math.max(...launched) - since;
    const waits = launched.map((at) => at - since);
    say(
      `  webhook to launch  ${launched.length} runners for ${webhooks} jobs, ${spread(waits)}, last ${(lastLaunch / 1_000).toFixed(1)} s`,
    );
    const ended = (): boolean => standIn.jobs().every(({ status }) => ["success", "failed"].includes(status));
    let left = (await laptop.status()).remaining;
    for (; !(ended() && hasNothingRemaining(left)) && Date.now() - since < TIMEOUT_MS; await sleep(1_000)) {
      left = (await laptop.status()).remaining;
    }
    const succeeded = standIn.jobs().filter(({ status }) => status === "success").length;
    say(
      `  jobs succeeded  ${succeeded} of ${webhooks}, all gone: ${hasNothingRemaining(left)}, after ${((Date.now() - since) / 1_000).toFixed(0)} s`,
    );
    say(`  memory at most  ${memoryText(memory.peak())}`);
    return (
      accepted === webhooks &&
      launched.length >= webhooks &&
      succeeded === webhooks &&
      hasNothingRemaining(left)
    );
  } finally {
    await laptop.close();
  }
};

const args = process.argv.slice(2);
const count = Number(args.find((arg) => !arg.startsWith("--")) ?? 200);

(args.includes("--new-account") ? burstInNewAccount(count, say) : main(count))
  .then((holds) => process.exit(holds ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
