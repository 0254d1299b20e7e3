import { addUp, groupBy } from "./sums";
import type { UsageNumbers } from "./usage-reader";
import { WASTE_CODES, type WasteCode } from "./waste";

/**
 * What the figures of a period say should be changed. Each rule is a row of a table with its threshold; the sentence is made where
 * it is shown (HelperScripts/usage/advice-words.ts).
 */
export const ADVICE_CODES = [
  "raise-limit",
  "more-capacity",
  "raise-launch-rate",
  "make-image",
  "check-webhook",
  "raise-gitlab-limit",
  "raise-budget",
  "unpriced",
  "waste",
  "dear-job",
] as const;
export type AdviceCode = (typeof ADVICE_CODES)[number];

/** Something to change, with its figures. */
export interface Advice {
  readonly code: AdviceCode;
  /** A class (`EC2#big`), a job's name, or a code of waste; absent: it is about everything. */
  readonly about?: string;
  /** From 0 to 1: of the jobs' waiting, or of the cost. */
  readonly share: number;
  /** Hours of waiting, USD, or a number of runners. */
  readonly amount: number;
}

/** What the advice is made of. */
export interface AdviceFacts {
  /** By class and market: `EC2#big#spot`. */
  readonly groups: Readonly<Record<string, UsageNumbers>>;
  /** Jobs by name, the dearest first. */
  readonly names: readonly { readonly name: string; readonly numbers: UsageNumbers }[];
}

interface WaitRule {
  readonly code: AdviceCode;
  /** Causes of waiting (`wait:<cause>`) that it is about, summed. */
  readonly causes: readonly string[];
  /** Of the waiting of the class's jobs. */
  readonly share: number;
  /** EC2 alone, or all. */
  readonly type?: "EC2";
}

const WAIT_RULES: readonly WaitRule[] = [
  // A limit is there to be reached now and then; at a fifth of all waiting it is what makes people wait.
  { code: "raise-limit", causes: ["slot"], share: 0.2 },
  { code: "more-capacity", causes: ["capacity"], share: 0.2 },
  { code: "raise-launch-rate", causes: ["launch-rate"], share: 0.2 },
  // An instance boots in half a minute, which is most of a wait when nothing is wrong: what it installs is not.
  { code: "make-image", causes: ["install"], share: 0.2, type: "EC2" },
  // Webhooks come within a second or two, starts take a second: a tenth is the reconciler's minute.
  { code: "check-webhook", causes: ["webhook"], share: 0.1 },
  { code: "raise-gitlab-limit", causes: ["throttled"], share: 0.1 },
  { code: "raise-budget", causes: ["budget"], share: 0.1 },
];

/** Of a class whose jobs waited less than that each, nothing is said: nobody minds ten seconds. */
const SHORT_WAIT_MILLISECONDS = 10_000;
const HOUR_MILLISECONDS = 3_600_000;
/** A twentieth of the cost for nothing is usual: a cancelled job or a spot interruption has its part of it. */
const MUCH_WASTE = 0.05;
/** A third of all that is spent is worth to be looked at. */
const DEAR = 1 / 3;
/** Less than that is not worth to be looked at, USD. */
const MIN_USD = 1;

const classOf = (group: string): string => group.slice(0, group.lastIndexOf("#"));

const fromWaits = (key: string, numbers: UsageNumbers): readonly Advice[] => {
  const { waits = 0, waitMs = 0 } = numbers;
  if (waits === 0 || waitMs / waits < SHORT_WAIT_MILLISECONDS) return [];
  return WAIT_RULES.filter(({ type }) => type === undefined || key.startsWith(`${type}#`)).flatMap(
    ({ code, causes, share: least }) => {
      const waited = causes.reduce((sum, cause) => sum + (numbers[`wait:${cause}`] ?? 0), 0);
      const share = waited / waitMs;
      return share >= least ? [{ code, about: key, share, amount: waited / HOUR_MILLISECONDS }] : [];
    },
  );
};

const fromWaste = (total: UsageNumbers): readonly Advice[] => {
  const { usd = 0, wasteUsd = 0 } = total;
  if (wasteUsd < MIN_USD || wasteUsd / usd < MUCH_WASTE) return [];
  const of = (code: WasteCode): number => total[`wasteUsd:${code}`] ?? 0;
  const [most] = [...WASTE_CODES].sort((one, other) => of(other) - of(one));
  return most === undefined ? [] : [{ code: "waste", about: most, share: of(most) / usd, amount: of(most) }];
};

const fromNames = (total: UsageNumbers, names: AdviceFacts["names"]): readonly Advice[] => {
  const { usd = 0 } = total;
  return names
    .filter(({ numbers }) => (numbers.usd ?? 0) >= MIN_USD && (numbers.usd ?? 0) / usd >= DEAR)
    .map(({ name, numbers }) => ({
      code: "dear-job",
      about: name,
      share: (numbers.usd ?? 0) / usd,
      amount: numbers.usd ?? 0,
    }));
};

const unpriced = ({ unpricedRunners = 0, runners = 0 }: UsageNumbers): readonly Advice[] =>
  unpricedRunners > 0
    ? [{ code: "unpriced", share: unpricedRunners / runners, amount: unpricedRunners }]
    : [];

/** All that the figures say, what weighs most first in each kind. */
export const adviceOf = ({ groups, names }: AdviceFacts): readonly Advice[] => {
  const classes = groupBy(Object.entries(groups), ([group]) => classOf(group));
  const waits = [...classes].flatMap(([key, of]) => fromWaits(key, addUp(of.map(([, numbers]) => numbers))));
  const total = addUp(Object.values(groups));
  return [
    ...[...waits].sort((one, other) => other.amount - one.amount),
    ...fromWaste(total),
    ...fromNames(total, names),
    ...unpriced(total),
  ];
};
