import { runnerDescription } from "../../Core/configuration";
import type { FinishedCall } from "../../local/lambda-host";
import { wrongStarts } from "../../tests/simulation/world/proof/starts";
import { jobsByProvider, RunnerRecords, runnerSpans, type SeenRunners } from "./runner-spans";

const JOB = 7;
const OTHER_JOB = 8;

/** A world with the records of runners 1 and 2, for the job's first and second attempt, and what happens at times. */
const prepare = () => {
  const clock = { now: 0 };
  const records = new RunnerRecords("d", () => clock.now);
  const change = (id: number, isOpen: boolean, at: number): void => {
    clock.now = at;
    records.changed({ id, description: runnerDescription("d", JOB, id), isOpen });
  };
  change(1, true, 0);
  change(2, true, 0);
  const wrong = (seen: Partial<SeenRunners>): readonly string[] =>
    wrongStarts(runnerSpans({ records, jobs: [], calls: [], instances: [], ...seen }));
  return { records, change, wrong };
};

const ENDED = { result: { kind: "job-ended" } };
const call = (runnerId: number, startedAt: number, endedAt: number, outcome: object = ENDED) =>
  ({
    functionId: "RunnerFunction",
    event: { runnerId },
    outcome,
    startedAt,
    endedAt,
  }) as FinishedCall;
const UNDER_WAY = { functionId: "RunnerFunction", event: { runnerId: 1 } };
const instance = (attempt: number, launchedAt: number, shutDownAt?: number) => ({
  tags: { "glr:job": `${JOB}-${attempt}` },
  launchedAt,
  ...(shutDownAt === undefined ? {} : { shutDownAt }),
});

describe("two runners for one attempt", () => {
  const twice = ["I-2: more than one runner for 7-1"];

  it.each<[string, Partial<SeenRunners>]>([
    ["two calls that took a row", { calls: [call(1, 1, 2), call(1, 3, 4)] }],
    ["one of which failed", { calls: [call(1, 1, 2), call(1, 3, 4, { error: {} })] }],
    ["an instance beside a call", { calls: [call(1, 1, 2)], instances: [instance(1, 3)] }],
    ["a call that goes on beside one that ended", { calls: [call(1, 1, 2), { ...UNDER_WAY, startedAt: 3 }] }],
    ["two instances, one of which is gone", { instances: [instance(1, 1, 2), instance(1, 3)] }],
  ])("I-2: are %s", (_, seen) => {
    expect(prepare().wrong(seen)).toEqual(twice);
  });

  it("I-2: are two runner records, each with a call", () => {
    const { records, wrong } = prepare();
    records.changed({ id: 3, description: runnerDescription("d", JOB, 1), isOpen: true });
    expect(wrong({ calls: [call(1, 1, 2), call(3, 3, 4)] })).toEqual(twice);
  });

  it.each<[string, Partial<SeenRunners>]>([
    [
      "a second delivery without a row",
      { calls: [call(1, 1, 9), call(1, 3, 4, { result: { kind: "no-row" } })] },
    ],
    [
      "a call of another function",
      { calls: [call(1, 1, 9), { ...call(1, 3, 4), functionId: "FindRunnerFunction" }] },
    ],
    ["an instance that is not ours", { instances: [instance(1, 1), { tags: {}, launchedAt: 2 }] }],
  ])("I-2: are not %s", (_, seen) => {
    expect(prepare().wrong(seen)).toEqual([]);
  });
});

describe("a further attempt's runner", () => {
  const tooSoon = ["I-2: 7-2 began while the runner of 7-1 could serve the job"];
  const taken = (jobId: number, assignedAt: number) => [{ id: jobId, runnerId: 1, assignedAt }];

  it.each<[string, Partial<SeenRunners>]>([
    ["while the first one's waits, as a doubled webhook would open it", {}],
    ["before another job took the first one's", { jobs: taken(OTHER_JOB, 6) }],
    ["while the first one's has its own job", { jobs: taken(JOB, 3) }],
  ])("I-2: is found %s", (_, seen) => {
    const { wrong } = prepare();
    expect(wrong({ calls: [call(1, 1, 9), call(2, 5, 9)], ...seen })).toEqual(tooSoon);
    expect(wrong({ instances: [instance(1, 1, 9), instance(2, 5)], ...seen })).toEqual(tooSoon);
    expect(wrong({ instances: [instance(1, 1)], calls: [call(2, 5, 9)], ...seen })).toEqual(tooSoon);
  });

  it("I-2: is right after the first one's ended", () => {
    const { wrong } = prepare();
    expect(wrong({ calls: [call(1, 1, 4), call(2, 5, 9)] })).toEqual([]);
    expect(wrong({ instances: [instance(1, 1, 4), instance(2, 5)] })).toEqual([]);
  });

  it("I-2: is right after another job took the first one's, whatever the ledger says of it since", () => {
    const { wrong } = prepare();
    const jobs = taken(OTHER_JOB, 4);
    expect(wrong({ jobs, calls: [call(1, 1, 9), call(2, 5, 9)] })).toEqual([]);
    expect(wrong({ jobs, instances: [instance(1, 1), instance(2, 5)] })).toEqual([]);
  });

  it("I-2: is right after the first one's record was paused or deleted, and stays so when it is opened again", () => {
    const { change, wrong } = prepare();
    change(1, false, 4);
    change(1, true, 6);
    expect(wrong({ calls: [call(1, 1, 9), call(2, 5, 9)] })).toEqual([]);
    expect(wrong({ calls: [call(1, 1, 9), call(2, 3, 9)] })).toEqual(tooSoon);
  });
});

it("counts the jobs that ran on each provider, on whichever runner", () => {
  const { records } = prepare();
  const jobs = [{ id: JOB, runnerId: 2 }, { id: OTHER_JOB, runnerId: 1 }, { id: 9 }, { id: 10, runnerId: 1 }];
  const seen = { records, jobs, calls: [call(1, 1, 2)], instances: [instance(2, 3)] };
  expect(jobsByProvider(seen, new Set([JOB, OTHER_JOB, 9]))).toEqual({ LAMBDA: 1, EC2: 1 });
});
