import { stripVTControlCharacters } from "node:util";
import type { JobView } from "../gitlab";
import type { FinishedCall } from "../lambda-host";
import { noticeOf, noticeWriter } from "./notices";
import { rowsOf } from "./row";
import { hasNothingRemaining, remainingText, summaryTable } from "./summary";
import { liveView, plainView } from "./view";

const job = (overrides: Partial<JobView>): JobView => ({
  id: 1,
  projectId: 1,
  pipelineId: 1,
  name: "hello",
  stage: "test",
  tags: [],
  status: "pending",
  createdAt: 1_000,
  queuedAt: 1_000,
  retried: false,
  allowFailure: false,
  script: [],
  services: [],
  lastLines: [],
  ...overrides,
});

const step = (name: string, at: number) => ({ name, at });

describe("rowsOf", () => {
  it("joins GitLab's view with the ledger's: provider, and how long each step took", () => {
    const jobs = [job({ status: "success", runnerId: 5, startedAt: 3_000, finishedAt: 5_500 })];
    const steps = [
      step("CLAIMED", 1_200),
      step("CREATED", 1_500),
      step("LAUNCHED", 2_000),
      step("RUNNING", 3_100),
    ];
    expect(rowsOf(jobs, [{ jobId: 1, provider: "EC2", steps }])).toEqual([
      {
        id: 1,
        name: "hello",
        status: "success",
        provider: "EC2",
        steps: [
          { name: "webhook", ms: 200 },
          { name: "runner created", ms: 300 },
          { name: "launched", ms: 500 },
          { name: "picked up", ms: 1_000 },
          { name: "ran", ms: 2_500 },
        ],
        lastLines: [],
      },
    ]);
  });

  it("names no provider for a job that was cancelled before a runner had it", () => {
    const [row] = rowsOf(
      [job({ status: "canceled", finishedAt: 1_300 })],
      [{ jobId: 1, provider: "LAMBDA" }],
    );
    expect(row).toMatchObject({ provider: "", steps: [{ name: "ended", ms: 300 }] });
  });

  it("knows a job that the ledger does not know yet", () => {
    expect(rowsOf([job({})], [])).toMatchObject([{ status: "pending", provider: "", steps: [] }]);
  });

  it("shows the reason of a failure", () => {
    expect(rowsOf([job({})], [{ jobId: 1, reason: "no capacity" }])).toMatchObject([
      { reason: "no capacity" },
    ]);
  });
});

describe("plainView", () => {
  it("writes a line for each change and none for what stays", () => {
    const lines: string[] = [];
    let now = 0;
    const view = plainView(
      (line) => lines.push(line),
      () => now,
    );
    view.show(rowsOf([job({})], []));
    view.show(rowsOf([job({})], []));
    now = 1_500;
    view.show(rowsOf([job({ status: "running", startedAt: 2_000 })], [{ jobId: 1, provider: "LAMBDA" }]));
    expect(lines).toEqual([
      "  [  0.0 s] hello (job 1): pending",
      "  [  1.5 s] hello (job 1): running Lambda",
    ]);
  });
});

describe("liveView", () => {
  const screen = () => {
    const written: string[] = [];
    const out = { columns: 60, write: (text: string) => written.push(text) };
    return { written, view: liveView(out as unknown as NodeJS.WriteStream) };
  };
  const rows = rowsOf(
    [job({ lastLines: ["a line that is much longer than the terminal is wide, and so is cut"] })],
    [],
  );

  it("draws the block again in its place, cut to the terminal's width", () => {
    const { written, view } = screen();
    view.show(rows);
    view.show(rows);
    const lines = written[0]?.split("\n").filter((line) => line.includes("\u001b[2K")) ?? [];
    expect(lines).toHaveLength(2);
    expect(written[1]?.startsWith("\u001b[2A")).toBe(true);
    // The terminal's columns.
    for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(60);
  });

  it("keeps a sentence above the block, and what was shown when it is finished", () => {
    const { written, view } = screen();
    view.show(rows);
    view.say("  ! something happened");
    expect(written[1]?.startsWith("\u001b[2A\u001b[2K  ! something happened\n")).toBe(true);
    expect(written[1]).toContain("hello");
    view.finish();
    view.show(rows);
    expect(written[2]?.startsWith("\u001b[2A")).toBe(false);
  });
});

const finished = (
  functionId: string,
  outcome: FinishedCall["outcome"],
  event: unknown = {},
): FinishedCall => ({
  functionId,
  event,
  outcome,
  startedAt: 0,
  endedAt: 1,
});

describe("noticeWriter", () => {
  it.each<[string, FinishedCall, string | undefined]>([
    [
      "a function's error",
      finished("LookUpRunnerFunction", {
        error: { errorType: "TransientError", errorMessage: "GitLab answered 500" },
      }),
      "LookUpRunnerFunction: TransientError: GitLab answered 500",
    ],
    [
      "a killed runner",
      finished(
        "RunnerFunction",
        { error: { errorType: "Runtime.ExitError", errorMessage: "SIGKILL" } },
        { runnerId: 5 },
      ),
      "Lambda runner 5 failed: SIGKILL",
    ],
    [
      "a runner without a job",
      finished("RunnerFunction", { result: { kind: "no-job" } }, { runnerId: 5 }),
      "Lambda runner 5 ended without a job: no-job",
    ],
    ["a runner that did its job", finished("RunnerFunction", { result: { kind: "job-ended" } }), undefined],
    [
      "a pass that sent events",
      finished("ReconcilerFunction", {
        result: { kind: "reconciled", events: 3, jobsFound: 1, failures: [] },
      }),
      "the reconciler sent missing events (3 events, 1 job without a webhook)",
    ],
    [
      "a pass that failed in part",
      finished("ReconcilerFunction", {
        result: { kind: "reconciled", events: 0, jobsFound: 0, failures: ["jobs: TransientError"] },
      }),
      "the reconciler failed in part: jobs: TransientError",
    ],
    [
      "a pass without events",
      finished("ReconcilerFunction", {
        result: { kind: "reconciled", events: 0, jobsFound: 0, failures: [] },
      }),
      undefined,
    ],
    ["a usual call", finished("FindRunnerFunction", { result: { runners: [] } }), undefined],
  ])("tells of %s", (_, call, sentence) => {
    expect(noticeOf(call)).toBe(sentence);
  });

  it("repeats a sentence only after half a minute", () => {
    const lines: string[] = [];
    let now = 0;
    const tell = noticeWriter(
      (line) => lines.push(line),
      () => now,
    );
    const call = finished("LookUpRunnerFunction", { error: { errorType: "E", errorMessage: "m" } });
    tell(call);
    tell(call);
    now = 31_000;
    tell(call);
    expect(lines).toHaveLength(2);
  });
});

describe("the summary", () => {
  it("F-62: shows a log's lines with their control characters escaped", () => {
    const table = summaryTable(rowsOf([job({ lastLines: ["\u001b]0;title\u0007rest"] })], []), 112);
    expect(table).toContain("\\u001b]0;title\\u0007rest");
    expect(table).not.toContain("\u0007");
  });

  it.each([80, 160, 100])("fits a terminal of %i columns and loses nothing of a log", (columns) => {
    const lastLines = ["/builds/abcdefghi/0/local/project-1/target/report.xml was written", "done"];
    const table = summaryTable(rowsOf([job({ lastLines })], []), columns);
    const lines = stripVTControlCharacters(table).split("\n");
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([columns]));
    const log = lines.map((line) => line.split("│").at(-2)?.trim() ?? "").join("");
    expect(log.replaceAll(" ", "")).toContain(lastLines.join("").replaceAll(" ", ""));
  });

  it.each([
    [{ runners: 0, instances: 0, microVms: 0, ledger: 0 }, true],
    [{ runners: 1, instances: 0, microVms: 0, ledger: 0 }, false],
    [{ runners: 0, instances: 1, microVms: 0, ledger: 0 }, false],
    [{ runners: 0, instances: 0, microVms: 1, ledger: 0 }, false],
    [{ runners: 0, instances: 0, microVms: 0, ledger: 1 }, false],
  ])("shows the remaining resources: %j", (remaining, isNothing) => {
    expect(hasNothingRemaining(remaining)).toBe(isNothing);
    expect(remainingText(remaining)).toContain(
      `${remaining.runners} runner records in GitLab, ${remaining.instances} instances, ${remaining.microVms} MicroVMs`,
    );
  });
});
