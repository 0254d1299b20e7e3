import type { Cost, Sample } from "./measure-function";

/** Milliseconds of processor time at a cold start. */
export interface Figures {
  /** Loading the bundle. */
  readonly load: number;
  /** Load and first call together, less a later call. */
  readonly whole: number;
  /** The part on the critical path: without work during GitLab's answer. */
  readonly critical: number;
  readonly outcome: string;
}

/** The functions for which a job waits, in order. */
export const START_PATHS = [
  ["look-up-runner", "start-lambda-runner"],
  ["look-up-runner", "start-ec2-runner"],
  ["look-up-runner", "start-microvm-runner"],
] as const;

export interface Bar {
  readonly says: string;
  readonly ratio: number;
  readonly most: number;
  /** The rows that it compares. */
  readonly rows: readonly string[];
}

const MAX_LOAD = 1.4;
const MAX_START_PATH = 1.3;
/** From this part of a bar on a figure is measured longer: 21 rounds tell it to a tenth on a busy machine, three times as many to 3 %. */
const NEAR = 0.9;
const ONE_DYNAMODB = "one DynamoDBClient";
const ONE_SSM = "one SSMClient";

/** The minimum of all samples: other load on the machine only adds time. */
const least = (samples: readonly Sample[], of: (sample: Sample) => number): number =>
  Math.min(...samples.map(of));

export const figuresOf = (samples: readonly Sample[]): Figures => {
  const load = least(samples, (sample) => sample.load.work);
  const over = (of: (cost: Cost) => number): number =>
    load + Math.max(0, least(samples, ({ first }) => of(first)) - least(samples, ({ second }) => of(second)));
  return {
    load,
    whole: over(({ work }) => work),
    critical: over(({ work, hidden }) => work - hidden),
    outcome: samples[0]?.outcome ?? "",
  };
};

export type AllFigures = ReadonlyMap<string, Figures>;
export type AllSamples = ReadonlyMap<string, readonly Sample[]>;

const ours = (figures: AllFigures) =>
  [...figures].filter(([name]) => !name.startsWith("one ") && !name.endsWith(" before"));

/** The first call of a failure is another one than that for which a job waits. */
const failureBar = (figures: AllFigures): Bar => {
  const failed = ours(figures).filter(([, { outcome }]) => outcome !== "answered");
  const rows = failed.map(([name]) => name);
  return { says: ["calls that failed", ...rows].join(" "), ratio: rows.length, most: 0, rows };
};

const loadBars = (figures: AllFigures): readonly Bar[] =>
  ours(figures).map(([name, { load }]) => {
    const reference = name === "authorize-webhook" ? ONE_SSM : ONE_DYNAMODB;
    const ratio = load / (figures.get(reference)?.load ?? 0);
    const rows = [name, reference];
    return { says: `load of ${name} in loads of ${reference}`, ratio, most: MAX_LOAD, rows };
  });

/** The first calls of a path's functions, now in terms of before; nothing when there is no before. */
const pathRatios = (
  figures: AllFigures,
  of: (figure: Figures) => number,
): readonly { readonly path: string; readonly ratio: number; readonly rows: readonly string[] }[] =>
  START_PATHS.flatMap((path) => {
    const rowsBefore = path.map((name) => `${name} before`);
    const before = rowsBefore.map((row) => figures.get(row));
    if (before.includes(undefined)) return [];
    const sum = (all: readonly (Figures | undefined)[]): number =>
      all.reduce((total, one) => total + (one ? of(one) : 0), 0);
    const ratio = sum(path.map((name) => figures.get(name))) / sum(before);
    return [{ path: path.join(" and "), ratio, rows: [...path, ...rowsBefore] }];
  });

const startPathBars = (figures: AllFigures): readonly Bar[] =>
  pathRatios(figures, ({ critical }) => critical).map(({ path, ratio, rows }) => ({
    says: `first call of ${path} as a job waits for it, to before`,
    ratio,
    most: MAX_START_PATH,
    rows,
  }));

/** What no job waits for is paid all the same: work during GitLab's answer is in these. They have no bar. */
export const wholePaths = (
  figures: AllFigures,
): readonly { readonly says: string; readonly ratio: number }[] =>
  pathRatios(figures, ({ whole }) => whole).map(({ path, ratio }) => ({
    says: `first call of ${path} with all work, to before`,
    ratio,
  }));

/** A missing figure misses its bar. */
export const barsOf = (figures: AllFigures): readonly Bar[] => [
  failureBar(figures),
  ...loadBars(figures),
  ...startPathBars(figures),
];

/** True where the next measurement could give the other verdict. */
export const isNear = ({ ratio, most }: Bar): boolean => !(ratio <= NEAR * most);

const figuresOfAll = (samples: AllSamples): AllFigures =>
  new Map([...samples].map(([row, all]) => [row, figuresOf(all)]));

/**
 * The bars after a first measurement of all rows and a longer one of those near their bars. A row is compared with what was
 * measured in the same rounds: the least of more rounds is less.
 *
 * @param measure samples of some rows, or of all, for each round of a measurement
 */
export const measuredBars = async (
  measure: (rows?: ReadonlySet<string>) => Promise<AllSamples>,
): Promise<{ readonly figures: AllFigures; readonly bars: readonly Bar[] }> => {
  const first = await measure();
  const bars = barsOf(figuresOfAll(first));
  const near = new Set(bars.filter(isNear).flatMap(({ rows }) => rows));
  if (near.size === 0) return { figures: figuresOfAll(first), bars };
  const longer = await measure(near);
  const all = new Map([...first].map(([row, few]) => [row, [...few, ...(longer.get(row) ?? [])]]));
  const figures = figuresOfAll(all);
  const again = new Map(barsOf(figures).map((bar) => [bar.says, bar]));
  return { figures, bars: bars.map((bar) => (isNear(bar) ? (again.get(bar.says) ?? bar) : bar)) };
};
