import { type Datum, evaluate } from "./metric-math";

/** The examples of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, `-` is undefined. */
const EXAMPLES: readonly (readonly [
  expression: string,
  series: Readonly<Record<string, readonly Datum[]>>,
  result: readonly Datum[],
])[] = [
  ["m1 < m2", { m1: [30, 20, 0, 0], m2: [20, undefined, 20, undefined] }, [0, 0, 1, 0]],
  ["m1 >= 30", { m1: [30, 20, 0, 0] }, [1, 0, 0, 0]],
  [
    "IF(m1, m2, m3)",
    { m1: [1, 1, 0, 0, undefined], m2: [30, undefined, 0, 0, 30], m3: [0, 0, 20, undefined, 20] },
    [30, 0, 20, undefined, undefined],
  ],
  [
    "IF(m1, 5, m3)",
    { m1: [1, 1, 0, 0, undefined], m3: [0, 0, 20, undefined, 20] },
    [5, 5, 20, undefined, undefined],
  ],
  ["IF(m1, m2, 5)", { m1: [1, 1, 0, 0, undefined], m2: [30, undefined, 0, 0, 30] }, [30, 0, 5, 5, undefined]],
];

/** What that page says in words. */
const SENTENCES: typeof EXAMPLES = [
  ["m1 + m2", { m1: [1, undefined, 1], m2: [2, 2, undefined] }, [3, 2, 1]],
  ["m1 / m2", { m1: [6, 6, 0], m2: [3, 0, 0] }, [2, undefined, undefined]],
  ["100 * m1", { m1: [1, undefined] }, [100, undefined]],
];

it.each([...EXAMPLES, ...SENTENCES])("S-28: %s has the value that AWS says", (expression, series, result) => {
  const names = Object.keys(series);
  const found = result.map((_, time) =>
    evaluate(expression, Object.fromEntries(names.map((name) => [name, series[name]?.[time]]))),
  );
  expect(found).toEqual(result);
});

it.each(["FILL(m1, 0)", "m1 ** 2", "m3"])(
  "S-28: %s is refused: nobody knows its value here",
  (expression) => {
    expect(() => evaluate(expression, { m1: 1 })).toThrow("is not known here");
  },
);
