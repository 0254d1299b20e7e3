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
}

const MAX_LOAD = 1.4;
const MAX_START_PATH = 1.3;
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

type AllFigures = ReadonlyMap<string, Figures>;

const loadBars = (figures: AllFigures): readonly Bar[] =>
  [...figures]
    .filter(([name]) => !name.startsWith("one ") && !name.endsWith(" before"))
    .map(([name, { load }]) => {
      const reference = name === "authorize-webhook" ? ONE_SSM : ONE_DYNAMODB;
      const ratio = load / (figures.get(reference)?.load ?? 0);
      return { says: `load of ${name} in loads of ${reference}`, ratio, most: MAX_LOAD };
    });

/** The first calls of a path's functions, now in terms of before; nothing when there is no before. */
const pathRatios = (
  figures: AllFigures,
  of: (figure: Figures) => number,
): readonly { readonly path: string; readonly ratio: number }[] =>
  START_PATHS.flatMap((path) => {
    const before = path.map((name) => figures.get(`${name} before`));
    if (before.includes(undefined)) return [];
    const sum = (all: readonly (Figures | undefined)[]): number =>
      all.reduce((total, one) => total + (one ? of(one) : 0), 0);
    return [{ path: path.join(" and "), ratio: sum(path.map((name) => figures.get(name))) / sum(before) }];
  });

const startPathBars = (figures: AllFigures): readonly Bar[] =>
  pathRatios(figures, ({ critical }) => critical).map(({ path, ratio }) => ({
    says: `first call of ${path} as a job waits for it, to before`,
    ratio,
    most: MAX_START_PATH,
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
  ...loadBars(figures),
  ...startPathBars(figures),
];
