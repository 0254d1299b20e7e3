import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt } from "../Core/model/ledger";
import type { StandIn } from "../local/gitlab";
import { type Laptop, startLaptop } from "../local/laptop/laptop";
import { readLedger } from "../local/laptop/ledger-view";
import { NEW_ACCOUNT } from "../local/limits/account-limits";
import { hasNothingRemaining, refusedText } from "../local/terminal/summary";
import { reconcile } from "../tests/end-to-end/engine";
import { spread } from "./percentile";
import { raiseLimits } from "./raise-limits";

const PROJECT = 3;
const TIMEOUT_MS = 1_500_000;
/** Of the webhooks of the burst, for lack of the account's capacity. */
const MAX_REFUSED = 4;
/** Two in a row are one more than GitLab may see: it counts towards switching the webhook off. */
const MAX_IN_A_ROW = 1;
const MAX_HEALED_MS = 90_000;

type Say = (text: string) => void;

const ended = (standIn: StandIn): boolean =>
  standIn.jobs().every(({ status }) => ["success", "failed"].includes(status));

/** Until all jobs have ended and nothing is left. @returns whether that came */
const drained = async (laptop: Laptop, standIn: StandIn, say: Say): Promise<boolean> => {
  const since = Date.now();
  for (let said = since; Date.now() - since < TIMEOUT_MS; await sleep(1_000)) {
    const done = standIn.jobs().filter(({ status }) => status === "success").length;
    if (ended(standIn) && hasNothingRemaining((await laptop.status()).remaining)) return true;
    if (Date.now() - said < 60_000) continue;
    said = Date.now();
    say(`  … ${done} jobs done after ${((said - since) / 1_000).toFixed(0)} s`);
  }
  return false;
};

const attemptsOf = async (laptop: Laptop): Promise<readonly Attempt[]> =>
  (await readLedger(laptop.env, laptop.stacks.AutoScaler.outputs.LedgerTableName ?? "")).attempts;

/** The time from a job's creation until the ledger knew it. */
const knownAfter = (attempts: readonly Attempt[], standIn: StandIn): readonly number[] => {
  const first = new Map<number, number>();
  for (const { jobId, times } of attempts) {
    const at = Math.min(...Object.values(times));
    first.set(jobId, Math.min(at, first.get(jobId) ?? Number.POSITIVE_INFINITY));
  }
  return standIn
    .jobs()
    .map(({ id, queuedAt, createdAt }) => (first.get(id) ?? Number.NaN) - (queuedAt ?? createdAt));
};

/** One job first, so that the authorizer's answer is remembered. */
const warmUp = async (standIn: StandIn): Promise<void> => {
  standIn.createPipeline(PROJECT, [{ name: "first", script: ["true"] }]);
  while (!ended(standIn)) await sleep(250);
};

const measure = async (laptop: Laptop, standIn: StandIn, jobs: number, say: Say): Promise<boolean> => {
  await raiseLimits(laptop, jobs + 10);
  await warmUp(standIn);
  const before = laptop.webhookApi.counts();
  const refusedBefore = standIn.counts().webhooks.failed;
  const since = Date.now();
  standIn.createPipeline(
    PROJECT,
    Array.from({ length: jobs }, (_, index) => ({ name: `job ${index}`, script: ["echo done"] })),
  );
  await sleep(5_000);
  const refusedInBurst = standIn.counts().webhooks.failed - refusedBefore;
  const isGone = await drained(laptop, standIn, say);
  const { refusedInARow } = laptop.webhookApi.counts();
  const refused = standIn.counts().webhooks.failed - refusedBefore;
  const succeeded = standIn.jobs().filter(({ status }) => status === "success").length;
  const known = knownAfter(await attemptsOf(laptop), standIn);
  say(`${jobs} jobs at once in a new account`);
  say(`  webhooks refused   ${refusedInBurst} in the burst (at most ${MAX_REFUSED}), ${refused} in all`);
  say(
    `  in a row           ${refusedInARow} (at most ${MAX_IN_A_ROW}; ${before.refusedInARow} before the burst)`,
  );
  say(`  job to ledger      ${spread(known)}, at most ${MAX_HEALED_MS / 1_000} s`);
  say(
    `  jobs succeeded     ${succeeded} of ${jobs + 1}, all gone: ${isGone}, after ${((Date.now() - since) / 1_000).toFixed(0)} s`,
  );
  say(`  ${refusedText((await laptop.status()).account)}`);
  const isHealed = known.every((ms) => ms <= MAX_HEALED_MS);
  const isCalm = refusedInBurst <= MAX_REFUSED && refusedInARow <= MAX_IN_A_ROW;
  return isCalm && isHealed && isGone && succeeded === jobs + 1;
};

/** A burst of jobs in an account with a new account's limits: all run, slowly, and none is lost. */
export const burstInNewAccount = async (jobs: number, say: Say): Promise<boolean> => {
  const laptop = await startLaptop({ log: say, limits: NEW_ACCOUNT });
  try {
    if (!laptop.standIn) throw new Error("A burst needs the stand-in for GitLab");
    // The deployment is some minutes old: a pass has told how many Lambda runners such an account allows.
    await reconcile(laptop);
    return await measure(laptop, laptop.standIn, jobs, say);
  } finally {
    await laptop.close();
  }
};
