/**
 * How long a job is pending on the laptop, one job after another: from `pending` to `running`, on a Lambda runner and
 * on the EC2 simulator, from a prepared image: a stock one installs first.
 *
 *   npx tsx bench/pick-up.ts [jobs of each provider]
 */
import "../HelperScripts/quiet-sdk";

import { setTimeout as sleep } from "node:timers/promises";
import { uploadSampleMapping } from "../local/command/sample-mapping";
import { type Laptop, startLaptop } from "../local/laptop/laptop";
import { percentile, spread } from "./percentile";

const PROJECT = 5;
/** What the simulator does not have among the stock images has Docker and gitlab-runner. */
const PREPARED_IMAGE = "ami-0123456789abcdef0";
const TIMEOUT_MS = 60_000;
/** Measured with gitlab-runner 19.4.0 on an idle machine of two cores. A slower median is a regression. */
const BARS: Readonly<Record<string, number>> = { LAMBDA: 320, EC2: 900 };
const JOBS = {
  LAMBDA: { name: "unit tests", tags: ["lambda"], script: ["true"] },
  EC2: { name: "image build", tags: ["docker"], script: ["true"] },
} as const;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Milliseconds from `pending` to `running` of one job, after which it has ended and its runner is gone. */
const pendingFor = async (laptop: Laptop, provider: keyof typeof JOBS): Promise<number> => {
  const { standIn } = laptop;
  if (!standIn) throw new Error("This needs the stand-in for GitLab");
  const [created] = standIn.createPipeline(PROJECT, [JOBS[provider]]);
  const until = Date.now() + TIMEOUT_MS;
  for (; Date.now() < until; await sleep(100)) {
    const job = standIn.jobs().find(({ id }) => id === created?.id);
    const isOver = job?.status === "success" && standIn.runners().length === 0;
    if (isOver && job.startedAt !== undefined && job.queuedAt !== undefined)
      return job.startedAt - job.queuedAt;
  }
  throw new Error(`Job ${created?.id} on ${provider} did not end within ${TIMEOUT_MS / 1000} s`);
};

const measure = async (laptop: Laptop, provider: keyof typeof JOBS, jobs: number): Promise<boolean> => {
  // The first one loads what later ones find loaded.
  await pendingFor(laptop, provider);
  const waits: number[] = [];
  for (let n = 0; n < jobs; n += 1) waits.push(await pendingFor(laptop, provider));
  const median = percentile(waits, 50) ?? 0;
  const bar = BARS[provider] ?? 0;
  say(`${provider.padEnd(6)} pending to running: ${spread(waits)} of ${jobs} jobs; bar ${bar / 1000} s`);
  return median <= bar;
};

const main = async (jobs: number): Promise<boolean> => {
  const laptop = await startLaptop({
    log: say,
    parameters: { AutoScaler: { ImageIdArm64: PREPARED_IMAGE } },
  });
  try {
    await uploadSampleMapping(laptop);
    const lambda = await measure(laptop, "LAMBDA", jobs);
    return (await measure(laptop, "EC2", jobs)) && lambda;
  } finally {
    await laptop.close();
  }
};

main(Number(process.argv[2] ?? 20))
  .then((holds) => process.exit(holds ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
