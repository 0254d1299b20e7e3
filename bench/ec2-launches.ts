/**
 * Many EC2 jobs at once, with token buckets of several sizes that are refilled with two launches a second. It runs the
 * shipped rules and the shipped EC2 provider in the simulation of tests/simulation, in virtual time. Exits with 1 when
 * a bar is missed.
 *
 *   npx tsx bench/ec2-launches.ts [jobs] [launches at once, e.g. 1000,500,120,20,5]
 */
import { Simulation } from "../tests/simulation/world/world";
import { percentile } from "./percentile";

const REFILL_PER_SECOND = 2;
const MAX_CALLS_PER_LAUNCH = 1.3;
const MINUTE = 60;
/**
 * Most delay beyond what the bucket allows: a tenth, plus one pass for 95 of 100 launches. The last launches are for
 * jobs whose runners took other jobs when the queue was already empty; they may be some passes later.
 */
const LATER = 1.1;
const MAX_LATER_SECONDS = MINUTE;
const LAST_LATER_SECONDS = 4 * MINUTE;
/** GitLab allows 1,000 runners for each project. */
const JOBS_A_PROJECT = 500;

/** EC2's documented bucket holds 1,000 tokens, which a thousand jobs do not exceed: smaller ones are tested too. */
const BUCKETS = "1000,500,120,20,5";

const jobs = Number(process.argv[2] ?? 1_000);
const buckets = (process.argv[3] ?? BUCKETS).split(",").map(Number);

interface Run {
  readonly figures: readonly (string | number)[];
  readonly missed: readonly string[];
}

const missedBars = (bars: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(bars).flatMap(([name, isMet]) => (isMet ? [] : [name]));

const run = async (bucket: number): Promise<Run> => {
  const since = performance.now();
  const world = new Simulation({
    seed: 1,
    stack: { totalLimit: 2 * jobs, classLimit: 2 * jobs },
    ec2: { bucket, refillPerSecond: REFILL_PER_SECOND },
  });
  const all = Array.from({ length: jobs }, (_, index) =>
    world.addJob({ kind: "ec2", seconds: 60, projectId: 1 + Math.floor(index / JOBS_A_PROJECT) }),
  );
  const { now: start } = world.timeline;
  const bound = Math.max(0, (jobs - bucket) / REFILL_PER_SECOND);
  const gone = await world.settle(bound * 2 + 30 * MINUTE);
  const launchedAt = [...world.ec2.instances.values()].map(({ launchedAt: at }) => (at - start) / 1_000);
  const calls = world.ec2.launchCalls / launchedAt.length;
  const last = Math.max(...launchedAt);
  const p95 = percentile(launchedAt, 95) ?? Number.POSITIVE_INFINITY;
  const mostWithin = 0.95 * bound * LATER + MAX_LATER_SECONDS;
  const lastWithin = bound * LATER + LAST_LATER_SECONDS;
  const twice = [...world.ec2.launchesFor.values()].filter((count) => count > 1).length;
  const ended = all.filter(({ status }) => status === "success").length;
  const seconds = (value: number | undefined): string => value?.toFixed(0) ?? "";
  return {
    figures: [
      bucket,
      ended,
      twice,
      calls.toFixed(3),
      seconds(bound),
      seconds(last),
      `${seconds(percentile(launchedAt, 50))} / ${seconds(p95)}`,
      seconds(gone),
      ((performance.now() - since) / 1_000).toFixed(1),
    ],
    missed: [
      ...missedBars({
        "all jobs run": ended === jobs,
        "none launched twice": twice === 0,
        [`at most ${MAX_CALLS_PER_LAUNCH} calls for a launch`]: calls <= MAX_CALLS_PER_LAUNCH,
        [`95 of 100 launches within ${seconds(mostWithin)} s`]: p95 <= mostWithin,
        [`the last launch within ${seconds(lastWithin)} s`]: last <= lastWithin,
      }),
      ...world.verdict().slice(0, 10),
    ],
  };
};

const HEAD = [
  "bucket",
  "ran",
  "twice",
  "calls",
  "bound s",
  "last s",
  "p50 / p95 s",
  "gone s",
  "real s",
] as const;

const print = (cells: readonly (string | number)[]): void =>
  console.log(cells.map((cell) => String(cell).padStart(12)).join(""));

const main = async (): Promise<void> => {
  console.log(
    `${jobs} jobs; calls: for each launch; bound: what the bucket alone would take for the last launch`,
  );
  print(HEAD);
  for (const bucket of buckets) {
    const { figures, missed } = await run(bucket);
    print(figures);
    for (const what of missed) console.error(`bucket ${bucket}: missed: ${what}`);
    if (missed.length > 0) process.exitCode = 1;
  }
};

void main();
