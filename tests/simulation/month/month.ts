import { fakeClock, fakeLedger } from "../../../AutoScaler/src/testing/fakes";
import { rollUp } from "../../../AutoScaler/src/usage/roll-up";
import type { Time } from "../../../Core/model/ledger";
import { dayStart } from "../../../Core/usage/days";
import { daysIn, monthPeriod } from "../../../Core/usage/period";
import { type CostSources, readCost } from "../../../HelperScripts/usage/read-cost";
import { random } from "../world/random";
import { MARKETS, MonthAws, type MonthMarket } from "./aws";
import { IDS_A_FATE, type MonthParts, PROJECTS, playJob } from "./jobs";
import { faultyLedger } from "./ledger-faults";

/**
 * A month of jobs whose cost is known from AWS's side alone, and what `cost` says of it: from the rules' own counts, by way of the
 * roll-ups, with commits that are lost and steps that are repeated.
 */

const MONTH = "2026-11";
const NEXT_MONTH: Time = Date.UTC(2026, 11, 1);
const DAY = 24 * 3_600_000;
/** After that a day is complete. */
const ROLLS_UP_AT = 6.5 * 3_600_000;

/** A figure as AWS's side has it, and as `cost` says. */
export interface Figure {
  readonly what: string;
  readonly billed: number;
  readonly said: number;
}

export interface MonthReport {
  readonly jobs: number;
  /** USD. */
  readonly total: Figure;
  /** USD by project and market, of waste; numbers of runners and jobs. */
  readonly figures: readonly Figure[];
}

const playDays = async (parts: MonthParts, faulty: MonthParts, jobs: number): Promise<void> => {
  const days = daysIn(monthPeriod(MONTH, NEXT_MONTH - 1));
  let jobId = 1;
  for (const day of days) {
    for (let job = 0; job < Math.ceil(jobs / days.length); job += 1, jobId += IDS_A_FATE)
      await playJob(faulty, jobId, dayStart(day) + Math.floor(parts.dice.next() * DAY));
    parts.clock.advance(dayStart(day) + DAY + ROLLS_UP_AT - parts.clock.now());
    // Some roll-ups die on their way; the next hour's makes up for it.
    const usage = { ...parts.ledger.usage };
    if (parts.dice.chance(0.3)) usage.putDay = () => Promise.reject(new Error("died"));
    await rollUp({ ...parts, usage }).catch(() => undefined);
  }
};

const figure = (what: string, billed: number, said: number | undefined): Figure => ({
  what,
  billed,
  said: said ?? 0,
});

const marketOf = (group: string): MonthMarket | undefined =>
  MARKETS.find((market) => group.endsWith(`#${market}`));

const report = async ({ aws, ledger }: MonthParts, now: Time): Promise<MonthReport> => {
  const period = monthPeriod(MONTH, now);
  const [from, to] = [dayStart(period.from), NEXT_MONTH];
  const sources: CostSources = { usage: ledger.usage, ledger, now };
  const all = await readCost(sources, period, "class", undefined);
  const projects = await Promise.all(
    Array.from({ length: PROJECTS }, async (_, index) => {
      const { total } = await readCost(sources, period, "job", index + 1);
      return figure(
        `project ${index + 1}`,
        aws.bill(from, to, (one) => one.projectId === index + 1),
        total.usd,
      );
    }),
  );
  const markets = MARKETS.map((market) => {
    const said = all.rows.filter(({ of }) => marketOf(of) === market).map(({ numbers }) => numbers.usd ?? 0);
    const billed = aws.bill(from, to, (one) => one.market === market);
    return figure(
      market,
      billed,
      said.reduce((sum, usd) => sum + usd, 0),
    );
  });
  const ended = aws.ended(from, to);
  const { total } = all;
  return {
    jobs: total.jobs ?? 0,
    total: figure("all", aws.bill(from, to), total.usd),
    figures: [
      ...projects,
      ...markets,
      figure(
        "waste",
        aws.bill(from, to, (one) => !one.ranJob),
        total.wasteUsd,
      ),
      figure("runners", ended.length, total.runners),
      figure("runners without a job", ended.filter((one) => !one.ranJob).length, total.wasteRunners),
      figure("jobs", ended.filter((one) => one.ranJob).length, total.jobs),
      figure("runners of unknown price", 0, total.unpricedRunners),
    ],
  };
};

/** Plays a month of jobs on all providers and markets, and asks for its cost in the next one. */
export const playCostOfMonth = async (jobs: number, seed: number): Promise<MonthReport> => {
  const dice = random(seed);
  const ledger = fakeLedger();
  const clock = fakeClock(dayStart(`${MONTH}-01`));
  const parts: MonthParts = { ledger, store: ledger, clock, aws: new MonthAws(), dice };
  const faulty = { ...parts, ledger: faultyLedger(ledger, dice.fork("ledger"), 0.01) };
  await playDays(parts, faulty, jobs);
  return report(parts, NEXT_MONTH + DAY);
};

/** To the cent, and to the runner. */
export const differs = ({ billed, said }: Figure): boolean => Math.abs(billed - said) >= 0.005;
