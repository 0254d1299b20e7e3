/**
 * A steady load of Lambda and EC2 jobs on the laptop, with the runners as they ship and faults all the time: every job
 * ends, nothing is left, and neither memory nor handles, open items or the cost of a job grow.
 *
 *   npm run soak -- --minutes 10
 *   npm run soak -- --minutes 5 --leak memory,handles,items   loses something at each job: it has to fail
 *
 * `--record FILE` keeps the samples.
 */
import "../../HelperScripts/quiet-sdk";

import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { uploadSampleMapping } from "../../local/command/sample-mapping";
import type { StandIn } from "../../local/gitlab";
import { type Laptop, startLaptop } from "../../local/laptop/laptop";
import { hasNothingRemaining } from "../../local/terminal/summary";
import { beginFaults } from "./faults";
import { type Leak, leakOf, parseLeaks } from "./leaks";
import { type SoakSample, takeSample } from "./sample";
import { judge, rightsAJob, usdAJob } from "./verdict";

const PROJECT = 13;
/** As many as two cores run beside the rest: the load is the same on every machine. */
const UNDER_WAY = 4;
const SAMPLE_EVERY_MS = 5_000;
const DRAIN_MS = 300_000;
const LAMBDA_JOB = { name: "soak", script: ["echo soak", "sleep 1"] };
const EC2_JOB = { name: "image build", tags: ["docker"], script: ["echo soak", "sleep 1"] };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const isUnderWay = ({ status }: { readonly status: string }): boolean =>
  ["pending", "running"].includes(status);

/** Creates a job whenever fewer are under way. Every third is for EC2. */
const feed = (standIn: StandIn): (() => void) => {
  let created = 0;
  return () => {
    const missing = UNDER_WAY - standIn.jobs().filter(isUnderWay).length;
    for (let index = 0; index < missing; index += 1, created += 1) {
      standIn.createPipeline(PROJECT, [created % 3 === 2 ? EC2_JOB : LAMBDA_JOB]);
    }
  };
};

const HEAD = [
  "minute",
  "jobs",
  "heap",
  "laptop",
  "engine",
  "handles",
  "open",
  "items",
  "calls/job",
  "USD/job",
];

const print = (cells: readonly (string | number)[]): void =>
  say(cells.map((cell) => String(cell).padStart(12)).join(""));

const printMinute = (minute: number, from: SoakSample, to: SoakSample): void => {
  print([
    minute,
    to.endedJobs,
    `${to.heapMiB.toFixed(1)} MiB`,
    `${to.laptopMiB.toFixed(0)} MiB`,
    `${to.engineMiB.toFixed(0)} MiB`,
    `${to.laptopHandles} + ${to.engineHandles}`,
    to.openItems,
    to.ledgerItems,
    rightsAJob(from, to).toFixed(0),
    usdAJob(from, to).toFixed(6),
  ]);
};

type Take = () => Promise<SoakSample>;

interface Soak {
  readonly minutes: number;
  readonly leaks: readonly Leak[];
  /** Path of a file for the samples. */
  readonly record: string | undefined;
  readonly take: Take;
}

/** Loads and samples for so many minutes. */
const soak = async (
  laptop: Laptop,
  standIn: StandIn,
  { minutes, leaks, take }: Soak,
): Promise<readonly SoakSample[]> => {
  const create = feed(standIn);
  const leak = leakOf(laptop, leaks);
  const samples: SoakSample[] = [];
  let from = await take();
  print(HEAD);
  for (let minute = 1; minute <= minutes; ) {
    create();
    await sleep(SAMPLE_EVERY_MS / 5);
    const due = ((samples.length + 1) * SAMPLE_EVERY_MS) / 1_000;
    const sample = (Date.now() - since) / 1_000 >= due ? await take() : undefined;
    if (sample) {
      await leak(sample.endedJobs - (samples.at(-1)?.endedJobs ?? 0));
      samples.push(sample);
    }
    if (!sample || sample.seconds < minute * 60) continue;
    printMinute(minute, from, sample);
    [from, minute] = [sample, minute + 1];
  }
  return samples;
};

let since = Date.now();

/** Waits until every job has ended and nothing is left. @returns what is wrong then */
const drain = async (laptop: Laptop, standIn: StandIn): Promise<readonly string[]> => {
  for (const until = Date.now() + DRAIN_MS; Date.now() < until; await sleep(1_000)) {
    if (standIn.jobs().some(isUnderWay)) continue;
    if (hasNothingRemaining((await laptop.status()).remaining)) return [];
  }
  const { remaining } = await laptop.status();
  return [
    `${standIn.jobs().filter(isUnderWay).length} jobs did not end, ${JSON.stringify(remaining)} is left`,
  ];
};

const run = async (laptop: Laptop, options: Soak): Promise<boolean> => {
  const { standIn } = laptop;
  if (!standIn) throw new Error("A soak needs the stand-in for GitLab");
  const endFaults = beginFaults(laptop, standIn);
  const samples = await soak(laptop, standIn, options);
  endFaults();
  if (options.record) writeFileSync(options.record, JSON.stringify(samples));
  const wrong = [...(await drain(laptop, standIn)), ...judge(samples)];
  for (const what of wrong) say(`wrong: ${what}`);
  say(
    `${standIn.jobs().length} jobs, ${samples.length} samples: ${wrong.length === 0 ? "nothing grows" : "failed"}`,
  );
  return wrong.length === 0;
};

const main = async (options: Omit<Soak, "take">): Promise<boolean> => {
  const counters = { rights: 0, calls: 0, lambdaSeconds: 0 };
  const laptop = await startLaptop({
    log: say,
    onCall: ({ functionId, startedAt, endedAt }) => {
      counters.calls += 1;
      if (functionId === "RunnerFunction") counters.lambdaSeconds += (endedAt - startedAt) / 1_000;
    },
    onGranted: () => (counters.rights += 1),
  });
  try {
    await uploadSampleMapping(laptop);
    since = Date.now();
    return await run(laptop, { ...options, take: () => takeSample(laptop, since, { ...counters }) });
  } finally {
    await laptop.close();
  }
};

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    leak: { type: "string", default: "" },
    record: { type: "string" },
  },
});

main({ minutes: Number(values.minutes), leaks: parseLeaks(values.leak), record: values.record })
  .then((holds) => process.exit(holds ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
