import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { describeWith } from "../../tests/needs";
import { chooseMark, hasMark, marked } from "./job-mark";
import { JobProcesses, type ProcessEvidence } from "./job-processes";
import { type ProcessEntry, type ProcessTable, procTable } from "./process-table";

const HOME = "/tmp/job-q7/home";
const RUNNER = 100;
const OWN = 50;

const entry = (pid: number, parent: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent,
  group: more.session ?? 1,
  session: 1,
  started: `at ${pid}`,
  isZombie: false,
  ...more,
});

const INIT = entry(1, 0);
const SELF = entry(OWN, 1, { session: OWN });
const RUNNER_ENTRY = entry(RUNNER, OWN, { session: RUNNER });

type Inherited = Record<number, { environment?: string; limits?: string }>;

const table = (entries: () => readonly ProcessEntry[], inherited: Inherited = {}): ProcessTable => ({
  list: () => [INIT, SELF, ...entries()],
  inherited: (pid) => ({ environment: "", limits: "", ...inherited[pid] }),
});

const found = (
  entries: readonly ProcessEntry[],
  evidence: Partial<ProcessEvidence> = {},
  inherited: Inherited = {},
) =>
  new JobProcesses(
    table(() => entries, inherited),
    { runnerPid: RUNNER, home: HOME, mark: undefined, before: undefined, ...evidence },
    OWN,
  )
    .scan()
    .map(({ pid }) => pid);

describe("what is a process of the job", () => {
  const limits = "Max msgqueue size         500001               500001               bytes     ";
  it.each<{ name: string; entry: ProcessEntry; inherited?: Inherited; evidence?: Partial<ProcessEvidence> }>([
    { name: "what the runner started", entry: entry(101, RUNNER, { session: 101 }) },
    { name: "what is in the runner's session without it", entry: entry(102, 1, { session: RUNNER }) },
    {
      name: "what has the job's HOME",
      entry: entry(103, 1, { session: 103 }),
      inherited: { 103: { environment: `A=1\0HOME=${HOME}\0` } },
    },
    {
      name: "what has the job's mark, whatever it did to session, parent and environment",
      entry: entry(104, 1, { session: 104 }),
      inherited: { 104: { limits } },
      evidence: { mark: { messageQueueLimit: 500_001 } },
    },
    {
      name: "what was not there before, where nobody else is",
      entry: entry(105, 1, { session: 105 }),
      evidence: { before: [INIT, SELF] },
    },
  ])("is $name", ({ entry: one, inherited, evidence }) => {
    expect(found([RUNNER_ENTRY, one], evidence, inherited)).toEqual([RUNNER, one.pid]);
  });

  it.each<{ name: string; entry: ProcessEntry; inherited?: Inherited; evidence?: Partial<ProcessEvidence> }>([
    { name: "in our own session", entry: entry(201, 1, { session: OWN }) },
    { name: "started by us", entry: entry(202, OWN, { session: OWN }) },
    {
      name: "of another job, with a HOME that begins alike",
      entry: entry(203, 1, { session: 203 }),
      inherited: { 203: { environment: `HOME=${HOME}2\0X=HOME=${HOME}` } },
    },
    {
      name: "with another job's mark",
      entry: entry(204, 1, { session: 204 }),
      inherited: { 204: { limits } },
      evidence: { mark: { messageQueueLimit: 500_002 } },
    },
    {
      name: "started by one who was there before, even where nobody else should be",
      entry: entry(205, 60, { session: 205 }),
      evidence: { before: [INIT, SELF, entry(60, 1)] },
    },
    { name: "dead already", entry: entry(206, RUNNER, { session: 206, isZombie: true }) },
  ])("is not one $name", ({ entry: one, inherited, evidence }) => {
    const others = evidence?.before?.filter(({ pid }) => pid === 60) ?? [];
    expect(found([RUNNER_ENTRY, ...others, one], evidence, inherited)).toEqual([RUNNER]);
  });

  it("stays one when its parents are gone and it leaves their session", () => {
    let entries = [RUNNER_ENTRY, entry(101, RUNNER, { session: 101 })];
    const evidence = { runnerPid: RUNNER, home: HOME, mark: undefined, before: undefined };
    const processes = new JobProcesses(
      table(() => entries),
      evidence,
      OWN,
    );
    processes.scan();
    entries = [entry(101, 1, { session: 999 })];
    expect(processes.scan().map(({ pid }) => pid)).toEqual([101]);
    entries = [entry(101, 1, { session: 998, started: "later" })];
    expect(processes.scan()).toEqual([]);
  });

  it("is not one that got the runner's number after it", () => {
    let entries = [RUNNER_ENTRY];
    const evidence = { runnerPid: RUNNER, home: HOME, mark: undefined, before: undefined };
    const processes = new JobProcesses(
      table(() => entries),
      evidence,
      OWN,
    );
    expect(processes.scan()).toEqual([RUNNER_ENTRY]);
    entries = [];
    processes.scan();
    entries = [entry(RUNNER, 1, { session: RUNNER, started: "later" })];
    expect(processes.scan()).toEqual([]);
  });

  it("never is we ourselves, what we come from, or init, whatever the list says", () => {
    const pids = fc.integer({ min: 2, max: 120 });
    const arbitrary = fc.array(
      fc.record({
        pid: pids,
        parent: pids,
        session: pids,
        group: pids,
        started: fc.constant("s"),
        isZombie: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(arbitrary, (others) => {
        const list = [
          ...others.filter(({ pid }) => pid !== OWN && pid !== RUNNER && pid !== 40),
          RUNNER_ENTRY,
        ];
        const self = { ...SELF, parent: 40 };
        const evidence = { runnerPid: RUNNER, home: HOME, mark: undefined, before: undefined };
        const one: ProcessTable = {
          list: () => [INIT, entry(40, 1, { session: 40 }), self, ...list],
          inherited: () => ({ environment: "", limits: "" }),
        };
        const result = new JobProcesses(one, evidence, OWN).scan().map(({ pid }) => pid);
        for (const pid of [1, 40, OWN]) expect(result).not.toContain(pid);
      }),
    );
  });
});

const onLinux = describeWith(process.platform === "linux", "no /proc");
onLinux("real processes", () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });
  const start = (command: readonly string[], detached = true): ChildProcess => {
    const [file = "", ...args] = command;
    const child = spawn(file, args, { detached, stdio: ["ignore", "pipe", "ignore"] });
    started.push(child);
    return child;
  };

  it("F-48: ends what ignores SIGTERM and fled by double fork, setsid and an empty environment; a bystander lives", async () => {
    const mark = chooseMark();
    const bystander = start(["sleep", "60"], false);
    const flee =
      "trap '' TERM; (env -i setsid -f bash -c 'trap \"\" TERM; sleep 61' &) ; echo away; sleep 60";
    const runner = start(marked(mark, ["bash", "-c", flee]));
    await once(runner.stdout as NodeJS.ReadableStream, "data");
    const evidence = { runnerPid: runner.pid ?? 0, home: HOME, mark, before: undefined };
    const processes = new JobProcesses(procTable, evidence);
    const before = procTable.list().filter(({ pid }) => hasMark(procTable.inherited(pid).limits, mark));
    expect(before.length).toBeGreaterThanOrEqual(2);
    await expect(processes.end(5_000)).resolves.toBe(true);
    const after = procTable
      .list()
      .filter((one) => !one.isZombie && hasMark(procTable.inherited(one.pid).limits, mark));
    expect(after).toEqual([]);
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
  });

  it("asks before it forces, and forces only what does not heed", async () => {
    const runner = start([
      "bash",
      "-c",
      "trap 'echo asked; exit' TERM; echo up; while :; do sleep 0.1; done",
    ]);
    await once(runner.stdout as NodeJS.ReadableStream, "data");
    const evidence = { runnerPid: runner.pid ?? 0, home: HOME, mark: undefined, before: undefined };
    const asked = once(runner.stdout as NodeJS.ReadableStream, "data");
    await expect(new JobProcesses(procTable, evidence).end(5_000, 5_000)).resolves.toBe(true);
    expect(String(await asked)).toContain("asked");
  });

  it("spares the runner when only its job has to go", async () => {
    const runner = start(["bash", "-c", "setsid sleep 60 & echo up; wait; sleep 60 & echo over; wait"]);
    await once(runner.stdout as NodeJS.ReadableStream, "data");
    const evidence = { runnerPid: runner.pid ?? 0, home: HOME, mark: undefined, before: undefined };
    const over = once(runner.stdout as NodeJS.ReadableStream, "data");
    const processes = new JobProcesses(procTable, evidence);
    expect(processes.kill(runner.pid)).toBe(true);
    expect(String(await over)).toContain("over");
    expect(runner.exitCode).toBeNull();
    // What it starts afterwards is not ended with what was there.
    expect(processes.scan().length).toBeGreaterThan(1);
    await expect(processes.end(5_000)).resolves.toBe(true);
  });
});
