import type { SoakSample } from "./sample";
import { judge } from "./verdict";

const steady = (index: number): SoakSample => ({
  seconds: index * 5,
  endedJobs: index * 4,
  // Four jobs: as measured.
  heapMiB: 40 + index * 0.09,
  laptopMiB: 500 + index,
  engineMiB: 150 + index * 1.3,
  laptopHandles: 300 + (index % 3),
  engineHandles: 30 + (index % 2),
  openItems: 12 + (index % 4),
  ledgerItems: index * 8,
  rights: index * 400,
  calls: index * 40,
  lambdaSeconds: index * 10,
  usd: index * 0.001,
});
const run = (change: (sample: SoakSample, index: number) => Partial<SoakSample>, count = 24): SoakSample[] =>
  Array.from({ length: count }, (_, index) => ({ ...steady(index), ...change(steady(index), index) }));

it.each<[string, Parameters<typeof run>[0], RegExp | undefined]>([
  ["a steady run", () => ({}), undefined],
  ["a warm-up", (_, index) => ({ laptopHandles: 300 + Math.min(index, 10) * 20 }), undefined],
  [
    "a heap that keeps half a MiB of each job",
    (one) => ({ heapMiB: one.endedJobs * 0.5 }),
    /laptop's heap: 0\.500/,
  ],
  [
    "a handle left by each job",
    (one) => ({ laptopHandles: 300 + one.endedJobs }),
    /laptop's handles: 1\.000/,
  ],
  ["a handle of the engine left", (one) => ({ engineHandles: one.endedJobs }), /engine's handles/],
  ["items that are never done with", (one) => ({ openItems: one.endedJobs }), /open items/],
  ["ever more items a job", (one, index) => ({ ledgerItems: one.ledgerItems * index }), /ledger items/],
  [
    "environments that keep more of each job than a collection lags behind",
    (one) => ({ laptopMiB: one.endedJobs }),
    /laptop's memory: 1\.000/,
  ],
  [
    "a heap that keeps twice as much as a job's record",
    (one) => ({ heapMiB: one.endedJobs * 0.06 }),
    /laptop's heap/,
  ],
  [
    "runners that stay ever longer",
    (one) => ({ usd: one.endedJobs ** 3 }),
    /cost: [\d.]+ USD a job at first/,
  ],
  ["passes that cost ever more", (one) => ({ rights: one.endedJobs ** 2 }), /cost: \d+ calls a job at first/],
])("L-9: %s", (_case, change, expected) => {
  const wrong = judge(run(change));
  expect(wrong).toEqual(expected ? [expect.stringMatching(expected)] : []);
});

it("L-9: does not judge a run with too few jobs", () => {
  expect(judge(run((one) => ({ endedJobs: one.endedJobs / 10 })))).toEqual([
    expect.stringMatching(/too few/),
  ]);
});
