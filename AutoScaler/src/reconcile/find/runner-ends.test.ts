import type { Runner, StartedRunner } from "../../../../Core/model/ledger";
import type { GitLab, GitLabJob, Instance, Instances } from "../../ports";
import { aJob, aRunner, aSnapshot, NOW } from "../../testing/fakes/items";
import type { JobWord } from "../read/job-reader";
import type { Snapshot } from "../snapshot";
import { findDeath, findRunnerEnd } from "./runner-ends";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const snapshot = (instances?: readonly Instance[]): Snapshot =>
  aSnapshot({ instances: instances && new Map(instances.map((one) => [one.instanceId, one])) });

const shown = (state: Instance["state"]): Instance => ({ instanceId: "i-1", state, launchedAt: 0 });

const launchedAgo = (milliseconds: number, patch: Partial<StartedRunner> = {}): Runner =>
  aRunner({ times: { LAUNCHED: NOW - milliseconds }, ...patch });

describe("an instance", () => {
  const dead = async (
    runner: Runner,
    list?: readonly Instance[],
    described?: Instance,
  ): Promise<[death: string | undefined, asked: number]> => {
    let asked = 0;
    const describeInstance = async (): Promise<Instance | undefined> => {
      asked += 1;
      return described;
    };
    const instances = { describe: describeInstance } as unknown as Instances;
    return [await findDeath(runner, snapshot(list), instances), asked];
  };

  it.each([
    ["terminated", "instance-terminated"],
    ["stopped", "instance-stopped"],
    ["running", undefined],
    ["stopping", undefined],
    ["shutting-down", undefined],
    ["pending", undefined],
  ] as const)("F-37: that is %s is dead: %s", async (state, expected) => {
    expect(await dead(launchedAgo(11 * MINUTE), [shown(state)])).toEqual([expected, 0]);
  });

  it("F-53: is not dead for a list that failed", async () => {
    expect(await dead(launchedAgo(11 * MINUTE))).toEqual([undefined, 0]);
  });

  it("F-35: that no list shows is asked for singly, ten minutes after its launch", async () => {
    expect(await dead(launchedAgo(10 * MINUTE), [])).toEqual([undefined, 0]);
    expect(await dead(launchedAgo(10 * MINUTE + 1), [])).toEqual(["instance-terminated", 1]);
    expect(await dead(launchedAgo(10 * MINUTE + 1), [], shown("running"))).toEqual([undefined, 1]);
    expect(await dead(aRunner({ times: { CREATED: 0 } }), [])).toEqual([undefined, 0]);
  });

  it("is no matter of a runner that has none", async () => {
    const { resourceId: _, ...none } = launchedAgo(11 * MINUTE);
    expect(await dead(none, [])).toEqual([undefined, 0]);
    expect(await dead(launchedAgo(11 * MINUTE, { provider: "LAMBDA" }), [])).toEqual([undefined, 0]);
  });
});

describe("an open runner", () => {
  interface Setting {
    readonly word?: JobWord;
    readonly runnerJobs?: readonly GitLabJob[];
    readonly mode?: GitLab["mode"];
    readonly mayAsk?: boolean;
    readonly instances?: readonly Instance[];
  }

  const pending: JobWord = { kind: "known", job: aJob() };

  const find = async (
    runner: Runner,
    { word = pending, runnerJobs = [], mode = "verified", mayAsk = true, instances }: Setting = {},
  ) => {
    const asked: number[] = [];
    const system = {
      gitLab: {
        mode,
        runnerJobs: async (runnerId: number) => {
          asked.push(runnerId);
          return runnerJobs;
        },
      } as unknown as GitLab,
      instances: {} as Instances,
      readJob: async (_projectId?: number, jobId?: number): Promise<JobWord> =>
        jobId === undefined ? { kind: "unknown" } : word,
      listCalls: { take: () => mayAsk, isSpent: () => !mayAsk, left: () => Number(mayAsk) },
    };
    return { found: await findRunnerEnd(system, snapshot(instances), runner), asked };
  };

  const ended: JobWord = { kind: "known", job: aJob({ status: "canceled", runnerId: 9002 }) };
  const endOf = (reason: string, more: object = { resourceId: "i-1" }) => ({
    kind: "runner-ended",
    event: { detailType: "RunnerEnded", runnerId: 9001, reason, ...more },
  });

  it("F-1: whose job ended is named, with its instance", async () => {
    expect((await find(launchedAgo(MINUTE), { word: ended })).found).toEqual(endOf("job-ended"));
  });

  it("is named without an instance where it has none", async () => {
    const { resourceId: _, ...none } = launchedAgo(MINUTE);
    expect((await find(none, { word: ended })).found).toEqual(endOf("job-ended", {}));
  });

  it("F-38: is named when its instance is dead", async () => {
    const { found } = await find(launchedAgo(MINUTE), { instances: [shown("terminated")] });
    expect(found).toEqual(endOf("instance-terminated"));
  });

  it("F-53: is left where the job's word is unknown", async () => {
    expect((await find(launchedAgo(2 * MINUTE), { word: { kind: "unknown" } })).found).toBeUndefined();
  });

  it.each<[string, Partial<StartedRunner>]>([
    ["is leased", { lease: { kind: "end", holder: "1", until: NOW + 1 } }],
    ["just changed", { times: { LAUNCHED: NOW - 44 * SECOND } }],
    ["was just asked to end", { endRequestedAt: NOW - 44 * SECOND }],
  ])("is left while its event may be under way: it %s", async (_, patch) => {
    expect((await find(launchedAgo(MINUTE, patch), { word: ended })).found).toBeUndefined();
  });

  it("F-36: is looked at when Lambda may have dropped its start, unless its job is on its way to it", async () => {
    const onLambda = (seconds: number) =>
      launchedAgo(seconds * SECOND, { provider: "LAMBDA", resourceId: "request-1" });
    const never = endOf("never-contacted", { resourceId: "request-1" });
    // Lambda's limit of age for a start.
    expect((await find(onLambda(900))).found).toBeUndefined();
    expect((await find(onLambda(901))).found).toEqual(never);
    const assigned: JobWord = { kind: "known", job: aJob({ runnerId: 9001 }) };
    expect((await find(onLambda(901), { word: assigned })).found).toBeUndefined();
    expect((await find(onLambda(901), { mode: "payload" })).found).toBeUndefined();
  });

  describe("that waits for its job", () => {
    const foreignJob = aJob({ id: 8, status: "running", runnerId: 9001, startedAt: 1 });
    const own = aJob({ startedAt: 1 });

    it("P-1: is asked whose job it took, and that job's event is put", async () => {
      const { found, asked } = await find(launchedAgo(MINUTE + 1), { runnerJobs: [own, foreignJob] });
      expect(found).toMatchObject({ kind: "running", event: { job: { id: 8 } } });
      expect(asked).toEqual([9001]);
      const over = { ...foreignJob, status: "success" };
      const end = await find(launchedAgo(MINUTE + 1), { runnerJobs: [over] });
      expect(end.found).toMatchObject({ kind: "ended", event: { job: { id: 8 } } });
    });

    it("is left when it took none, or one that was only assigned", async () => {
      const { startedAt: _, ...assigned } = foreignJob;
      expect((await find(launchedAgo(MINUTE + 1))).found).toBeUndefined();
      expect((await find(launchedAgo(MINUTE + 1), { runnerJobs: [assigned, own] })).found).toBeUndefined();
    });

    it.each([
      [MINUTE, 0],
      [MINUTE + 1, 1],
      [150 * SECOND - 1, 1],
      [150 * SECOND, 0],
    ])("I-25: is asked for some time only: %i ms after its launch %i times", async (milliseconds, times) => {
      expect((await find(launchedAgo(milliseconds))).asked).toHaveLength(times);
    });

    it("is not asked in payload mode, nor past the reconciler's calls", async () => {
      expect((await find(launchedAgo(MINUTE + 1), { mode: "payload" })).asked).toEqual([]);
      expect((await find(launchedAgo(MINUTE + 1), { mayAsk: false })).asked).toEqual([]);
    });

    it("is not asked while it is busy, not launched, or its job not pending", async () => {
      const busy = launchedAgo(MINUTE + 1, { state: "BUSY", busyJobId: 7, busyProjectId: 1 });
      const { resourceId: _, ...none } = launchedAgo(MINUTE + 1);
      const running: JobWord = { kind: "known", job: aJob({ status: "running", runnerId: 9001 }) };
      expect((await find(busy)).asked).toEqual([]);
      expect((await find(none)).asked).toEqual([]);
      expect((await find(launchedAgo(MINUTE + 1), { word: running })).asked).toEqual([]);
      expect((await find(launchedAgo(MINUTE + 1), { word: { kind: "absent" } })).asked).toEqual([]);
    });
  });
});
