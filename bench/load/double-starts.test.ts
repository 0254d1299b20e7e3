import type { Attempt, Runner } from "../../Core/model/ledger";
import { doubleStarts, startedMachines } from "./double-starts";

const attempt = (number: number, times: Attempt["times"], runnerId = number): Attempt =>
  ({ kind: "attempt", jobId: 7, attempt: number, runnerId, times }) as unknown as Attempt;
const runner = (runnerId: number, fields: Partial<Runner>): Runner =>
  ({
    kind: "runner",
    runnerId,
    jobId: 7,
    launchedFor: { jobId: 7, attempt: runnerId },
    times: {},
    ...fields,
  }) as unknown as Runner;
const ledger = (attempts: Attempt[], runners: Runner[]) => ({ attempts, runners, open: 0 });

describe("a further attempt", () => {
  it.each<[string, Attempt["times"], Partial<Runner>, boolean]>([
    ["after the one before had failed", { CLAIMED: 1, FAILED: 4 }, {}, false],
    ["before that", { CLAIMED: 1, FAILED: 6 }, {}, true],
    ["after its runner was ending", { CLAIMED: 1 }, { times: { STARTING: 1, ENDING: 5 } }, false],
    ["after its runner was gone", { CLAIMED: 1 }, { times: { STARTING: 1, GONE: 5 } }, false],
    ["before its runner ended", { CLAIMED: 1 }, { times: { STARTING: 1, ENDING: 9, GONE: 9 } }, true],
    ["after its runner took another job", { CLAIMED: 1 }, { busyJobId: 8, times: { BUSY: 3 } }, false],
    ["while its runner has its own job", { CLAIMED: 1 }, { busyJobId: 7, times: { BUSY: 3, GONE: 9 } }, true],
  ])("%s", (_case, times, fields, isDouble) => {
    const both = [attempt(1, times), attempt(2, { CLAIMED: 5 })];
    const found = doubleStarts(ledger(both, [runner(1, fields), runner(2, {})]), []);
    expect(found).toEqual(isDouble ? ["7-2: opened too soon"] : []);
  });
});

describe("two machines for one attempt", () => {
  const call = (runnerId: number, outcome: object) => ({
    functionId: "RunnerFunction",
    event: { runnerId },
    outcome: outcome as never,
    startedAt: 0,
    endedAt: 1,
  });
  const one = ledger([attempt(1, { CLAIMED: 1 })], [runner(1, {})]);
  const ended = { result: { kind: "job-ended" } };

  it("are found: two calls that took a row, or an instance beside a call", () => {
    const calls = [call(1, ended), call(1, { error: {} })];
    expect(doubleStarts(one, startedMachines(calls, [], one))).toEqual(["7-1: 2 machines"]);
    const instances = [{ tags: { "glr:job": "7-1" } }];
    expect(doubleStarts(one, startedMachines([call(1, ended)], instances, one))).toEqual(["7-1: 2 machines"]);
  });

  it("are not: a second delivery without a row, another function, another attempt", () => {
    const calls = [call(1, ended), call(1, { result: { kind: "no-row" } })];
    const other = { ...call(1, ended), functionId: "FindRunnerFunction" };
    const machines = startedMachines([...calls, other], [{ tags: { "glr:job": "7-2" } }], one);
    expect(machines).toHaveLength(2);
    expect(doubleStarts(one, machines)).toEqual([]);
  });
});
