/**
 * 1,000 EC2 jobs at once against an EC2 that allows a burst of launches and then two a second, in virtual time: the
 * shipped rules and the shipped EC2 provider in the simulated world of tests/simulation.
 *
 *   npx tsx bench/ec2-launches.ts [jobs] [launches at once]
 */
import { World } from "../tests/simulation/world/world";
import { percentile } from "./percentile";

const CALLS_PER_LAUNCH = 1.3;
const REFILL_PER_SECOND = 2;
const MINUTE = 60;

const jobs = Number(process.argv[2] ?? 1_000);
/** EC2's documented bucket; a smaller one refuses what a burst asks for before the first refusal is known. */
const bucket = Number(process.argv[3] ?? 1_000);
/** GitLab allows 1,000 runners for each project. */
const JOBS_A_PROJECT = 500;

const main = async (): Promise<void> => {
  const since = performance.now();
  const world = new World({
    seed: 1,
    stack: { stackCap: 2 * jobs, classCap: 2 * jobs },
    ec2: { bucket, refillPerSecond: REFILL_PER_SECOND },
  });
  const all = Array.from({ length: jobs }, (_, index) =>
    world.addJob({ kind: "ec2", seconds: 60, projectId: 1 + Math.floor(index / JOBS_A_PROJECT) }),
  );
  const start = world.timeline.now;
  const bound = ((jobs - bucket) / REFILL_PER_SECOND) * 2 + 30 * MINUTE;
  const seconds = await world.settle(bound);
  const launchedAt = [...world.ec2.instances.values()].map(({ launchedAt: at }) => (at - start) / 1_000);
  const calls = world.ec2.launchCalls / launchedAt.length;
  const twice = [...world.ec2.launchesFor.values()].filter((count) => count > 1).length;
  const ended = all.filter(({ status }) => status === "success").length;
  const row = (name: string, value: string | number): void => console.log(`${name.padEnd(34)}${value}`);
  row("jobs", jobs);
  row("succeeded", ended);
  row("instances", launchedAt.length);
  row("launched twice for an attempt", twice);
  row("launch calls", world.ec2.launchCalls);
  row("calls per launch (bar: 1.3)", calls.toFixed(3));
  row("the bucket alone would take, s", Math.max(0, (jobs - bucket) / REFILL_PER_SECOND));
  row("last launch after, s", Math.max(...launchedAt).toFixed(0));
  row(
    "wait for the launch p50 / p95, s",
    `${percentile(launchedAt, 50)?.toFixed(0)} / ${percentile(launchedAt, 95)?.toFixed(0)}`,
  );
  row("all gone after, s", seconds.toFixed(0));
  row("real time, s", ((performance.now() - since) / 1_000).toFixed(1));
  const verdict = world.verdict();
  for (const wrong of verdict.slice(0, 10)) console.error(wrong);
  const isGood = ended === jobs && twice === 0 && calls <= CALLS_PER_LAUNCH && verdict.length === 0;
  if (!isGood) process.exitCode = 1;
};

void main();
