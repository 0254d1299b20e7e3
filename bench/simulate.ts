/**
 * The simulation at its full size, in virtual time. `npm run simulate` runs 100,000 jobs in one virtual hour
 * with 1 % of all operations failing. `-- --back-pressure` asks for 10,000 instances at once of an EC2 that grants a
 * thousand, or as many as `--bucket` says, and then two a second. `-- --kill-points` puts every fault at every call of
 * every scenario. `-- --scenarios 50000` runs so many random scenarios. `-- --lasting-failures` counts the calls for a
 * job that nothing can start. `-- --start-times` prints how long jobs wait on Lambda, MicroVM and EC2. `-- --month` plays a month of jobs and compares its cost with AWS's side. Exits with 1 when a bar is missed.
 */
import "../HelperScripts/quiet-sdk";

import { parseArgs } from "node:util";
import fc from "fast-check";
import { defined } from "../Core/defined";
import { log } from "../Core/log";
import { runBackPressure } from "../tests/simulation/back-pressure";
import { runFairness } from "../tests/simulation/fairness";
import { playRandom, scenarioOf } from "../tests/simulation/job-arbitraries";
import { pairOf, pairsOf, playHits, variantsOf } from "../tests/simulation/kill-points";
import { LASTING_FAILURES, play as playLasting } from "../tests/simulation/lasting-failures";
import { differs, playCostOfMonth } from "../tests/simulation/month/month";
import { runScale } from "../tests/simulation/scale";
import { hitsOf } from "../tests/simulation/scenarios";
import { BARS, LOADS, PROVIDERS, startTimes } from "../tests/simulation/start-times";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    limit: { type: "string", default: "20000" },
    "back-pressure": { type: "boolean", default: false },
    bucket: { type: "string", default: "1000" },
    "kill-points": { type: "boolean", default: false },
    "lasting-failures": { type: "boolean", default: false },
    fairness: { type: "boolean", default: false },
    month: { type: "boolean", default: false },
    "start-times": { type: "boolean", default: false },
    scenarios: { type: "string" },
  },
});
const seed = Number(values.seed);

/** A measured figure, and whether it meets its bar. */
interface Bar {
  readonly says: string;
  readonly isMet: boolean;
}

const round = (number: number, digits = 2): number => Number(number.toFixed(digits));

const HOUR = 3_600;
const MAX_SECONDS = 120;
const MAX_MEMORY_MB = 1_500;

/** Peak resident memory of the process, in MB. */
const memory = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);

const byValue = (numbers: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(numbers).sort(([, one], [, other]) => other - one);

const sharesText = (shares: Readonly<Record<string, number>>): string =>
  byValue(shares)
    .map(([cause, share]) => `${cause} ${round(100 * share, 2)} %`)
    .join(", ");

const countsText = (counts: Readonly<Record<string, number>>): string =>
  byValue(counts)
    .map(([cause, count]) => `${cause} ${count}`)
    .join(", ") || "none";

const scale = async (): Promise<readonly Bar[]> => {
  const jobs = Number(values.jobs);
  const begin = Date.now();
  const over = (HOUR * jobs) / 100_000;
  const limit = Number(values.limit);
  const report = await runScale({
    jobs,
    seed,
    faults: 0.01,
    over,
    ec2EveryNth: 20,
    microVmEveryNth: 20,
    limit,
  });
  const seconds = (Date.now() - begin) / 1000;
  const [p50, p95, p99, longest] = report.waits.map((wait) => round(wait));
  console.log(`${report.jobs} jobs, ${report.busEvents} events on the bus, ${report.events} steps`);
  console.log(
    `${round(report.startsPerSecond)} starts/s; at most ${report.peakLive} runners alive at once, ${report.mostSlots} slots taken of ${limit}`,
  );
  console.log(`wait p50 ${p50} s, p95 ${p95} s, p99 ${p99} s, longest ${longest} s`);
  console.log(`what they waited for: ${sharesText(report.causes)}`);
  console.log(
    `those that waited for more than three minutes, by their first cause: ${countsText(report.lateBy)}`,
  );
  for (const text of report.lateTexts) console.log(`  ${text}`);
  console.log("calls a job:");
  for (const [name, count] of Object.entries(report.callsPerJob))
    console.log(`  ${name.padEnd(26)}${round(count)}`);
  for (const wrong of report.wrong.slice(0, 20)) console.error(wrong);
  return [
    {
      says: `${report.wrong.length} invariants broken, nothing left behind`,
      isMet: report.wrong.length === 0,
    },
    {
      says: `${report.late} jobs waited for more than three minutes, at most one in a thousand`,
      isMet: report.late <= jobs / 1_000,
    },
    {
      says: `${round(100 * (report.causes.other ?? 0), 3)} % of the wait has no cause, at most 1 %`,
      isMet: (report.causes.other ?? 0) <= 0.01,
    },
    { says: `${round(seconds, 1)} s of ${MAX_SECONDS}`, isMet: seconds <= MAX_SECONDS },
    { says: `${memory()} MB of ${MAX_MEMORY_MB}`, isMet: memory() <= MAX_MEMORY_MB },
  ];
};

const INSTANCES = 10_000;

const backPressure = async (): Promise<readonly Bar[]> => {
  const bucket = Number(values.bucket);
  const report = await runBackPressure(INSTANCES, seed, bucket);
  const wanted = (INSTANCES - bucket) / (2 * 60);
  const { minutes, callsPerLaunch, alarmedAfter, wrong } = report;
  const [p50, p95] = report.waitsInMinutes;
  console.log(`wait p50 ${round(p50, 1)} min, p95 ${round(p95, 1)} min`);
  for (const one of wrong.slice(0, 20)) console.error(one);
  return [
    {
      says: `all started after ${round(minutes, 1)} min, ${round(wanted, 1)} ± 5 wanted`,
      isMet: Math.abs(minutes - wanted) <= 5,
    },
    { says: `${round(callsPerLaunch, 3)} calls a launch, at most 1.3`, isMet: callsPerLaunch <= 1.3 },
    {
      says: `the shipped alarm on the longest wait rings after ${round(alarmedAfter, 1)} min, at most 22`,
      isMet: alarmedAfter <= 22,
    },
    { says: `${wrong.length} invariants broken`, isMet: wrong.length === 0 },
  ];
};

/** A report that plays all: every fault at every call of every scenario, in both of GitLab's ways. */
const killPoints = async (): Promise<readonly Bar[]> => {
  const bars: Bar[] = [];
  const variants = await variantsOf(seed);
  const played = new Set<string>();
  for (const variant of variants) {
    const hits = hitsOf(variant.calls);
    const wrong = await playHits(variant, seed, hits);
    for (const one of wrong) console.error(one);
    for (const hit of hits) played.add(pairOf(variant, hit));
    const { scenario, acknowledgement } = variant;
    const way = acknowledgement ? ", with acknowledgement" : "";
    bars.push({
      says: `${scenario.name}${way}: ${hits.length} of ${hits.length} kill points played, ${wrong.length} violations`,
      isMet: wrong.length === 0,
    });
  }
  const possible = pairsOf(variants).size;
  bars.push({
    says: `${played.size} of ${possible} pairs of call and fault played`,
    isMet: played.size === possible,
  });
  return bars;
};

const scenarios = async (count: number): Promise<readonly Bar[]> => {
  let bad = 0;
  for (const scenario of fc.sample(scenarioOf(), { numRuns: count, seed })) {
    const wrong = await playRandom(scenario);
    if (wrong.length > 0) console.error(`${JSON.stringify(scenario)}\n  ${wrong.join("\n  ")}`);
    if (wrong.length > 0) bad += 1;
  }
  return [{ says: `${bad} of ${count} scenarios went wrong`, isMet: bad === 0 }];
};

/** Lambda, MicroVM and EC2 beside each other, by how jobs come: seconds from pending to running. */
const playStartTimes = async (): Promise<readonly Bar[]> => {
  const bars: Bar[] = [];
  for (const load of Object.values(LOADS))
    for (const kind of PROVIDERS) {
      const times = await startTimes(kind, load, seed);
      const { provider, p50, p95, longest, fellBack, wrong } = times;
      const fallen = fellBack > 0 ? `, ${fellBack} on EC2` : "";
      console.log(
        `${load.says.padEnd(24)}${provider.padEnd(18)}p50 ${round(p50, 1)} s, p95 ${round(p95, 1)} s, longest ${round(longest, 1)} s${fallen}`,
      );
      for (const one of wrong.slice(0, 20)) console.error(one);
      bars.push({
        says: `${provider}, ${load.says}: ${wrong.length} invariants broken`,
        isMet: wrong.length === 0,
      });
      for (const { figure, most } of BARS.filter((bar) => bar.kind === kind && bar.load === load))
        bars.push({
          says: `${provider}, ${load.says}: ${figure} ${round(times[figure], 1)} s, at most ${most}`,
          isMet: times[figure] <= most,
        });
    }
  return bars;
};

/** Counts the calls for one job while one thing fails. */
const MANY = 10_000;
const THRICE = 3;

const fairness = async (): Promise<readonly Bar[]> => {
  const bars: Bar[] = [];
  for (const perProject of [undefined, 10]) {
    const options = { seed, totalLimit: 20, ...defined({ perProject }) };
    const alone = await runFairness({ ...options, many: 0 });
    const beside = await runFairness({ ...options, many: MANY });
    for (const one of [...alone.wrong, ...beside.wrong].slice(0, 20)) console.error(one);
    for (const figure of ["mean", "p95", "longest"] as const) {
      const ratio = beside[figure] / alone[figure];
      const limit = perProject === undefined ? "no limit by project" : `${perProject} runners a project`;
      bars.push({
        says: `${limit}, ${figure}: ${round(beside[figure], 0)} s beside ${MANY} jobs, ${round(alone[figure], 0)} s alone (${round(ratio)} times)`,
        isMet: ratio <= THRICE,
      });
    }
    bars.push({
      says: `${alone.wrong.length + beside.wrong.length} invariants broken`,
      isMet: alone.wrong.length + beside.wrong.length === 0,
    });
  }
  return bars;
};

const lastingFailures = async (): Promise<readonly Bar[]> => {
  const bars: Bar[] = [];
  console.log(
    "calls: to GitLab, EC2 and Lambda | to our own tables and events | last after | reported after",
  );
  for (const failure of LASTING_FAILURES) {
    const { says, outbound, internal, lastAfter, reportedAfter, byName } = await playLasting(failure);
    const reported = reportedAfter === undefined ? "-" : `${Math.round(reportedAfter)} min`;
    const each = Object.entries(byName).map(([name, count]) => `${count} ${name}`);
    const figures = [outbound, internal, `${Math.round(lastAfter)} min`, reported];
    console.log(
      `${says.padEnd(44)}${figures.map((one) => String(one).padStart(9)).join("")}  ${each.join(", ")}`,
    );
    bars.push({ says: `${says}: ${outbound} calls, at most 37`, isMet: outbound <= 37 });
  }
  return bars;
};

/** A month's cost by our own sums, beside the bill that AWS's side makes. */
const costOfMonth = async (): Promise<readonly Bar[]> => {
  const begin = Date.now();
  const { jobs, total, figures } = await playCostOfMonth(Number(values.jobs), seed);
  console.log(`${jobs} jobs ran, played in ${round((Date.now() - begin) / 1_000, 1)} s; ${memory()} MB`);
  return [total, ...figures].map((figure) => ({
    says: `${figure.what.padEnd(24)} ${round(figure.said, 6)}, AWS's side ${round(figure.billed, 6)}`,
    isMet: !differs(figure),
  }));
};

const main = async (): Promise<void> => {
  // The shipped adapters say each launch of a MicroVM on stdout, a thousand lines between the figures.
  log.info = () => undefined;
  const chosen = (): Promise<readonly Bar[]> => {
    if (values["back-pressure"]) return backPressure();
    if (values["kill-points"]) return killPoints();
    if (values["lasting-failures"]) return lastingFailures();
    if (values.fairness) return fairness();
    if (values.month) return costOfMonth();
    if (values["start-times"]) return playStartTimes();
    return values.scenarios === undefined ? scale() : scenarios(Number(values.scenarios));
  };
  const bars = await chosen();
  for (const { says, isMet } of bars) console.log(`${isMet ? "met   " : "MISSED"} ${says}`);
  process.exitCode = bars.every(({ isMet }) => isMet) ? 0 : 1;
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
