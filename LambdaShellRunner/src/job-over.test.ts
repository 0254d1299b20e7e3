import { existsSync } from "node:fs";
import { join } from "node:path";
import { scaledRunner } from "../../tests/gitlab-runner/binary";
import { LambdaRunner, type LambdaRunnerOptions } from "../../tests/gitlab-runner/lambda-runner";
import { hasProcess } from "../../tests/gitlab-runner/processes";
import type { RunnerApiReply, RunnerApiRequest } from "../../tests/gitlab-runner/runner-api-double";
import { shutDown } from "./process/shutdown";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

let runner: LambdaRunner;
const open = async (options: LambdaRunnerOptions = {}): Promise<LambdaRunner> => {
  runner = await LambdaRunner.open(options);
  return runner;
};

beforeEach(() => jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
});

/** Shorter than the runner's own five and ten minutes by far, longer than a shell needs to end. */
const TIMEOUTS = { jobTermDelay: 400, jobKillDelay: 300 };
const FAST = { binary: scaledRunner(0.1).path };
/** The argument of a sleep that no other process of this machine has. */
const unique = (digit: number): string => `1.00${process.pid}${digit}`;
const stubborn = (seconds: string): readonly string[] => [
  "trap '' TERM INT",
  `while :; do echo x; sleep ${seconds}; done`,
];

/** GitLab asks for a cancel, or has done with the job, at the first part of its log and ever after. */
const withStatus =
  (status: string) =>
  (seen: RunnerApiRequest): RunnerApiReply | undefined => {
    if (seen.method !== "PATCH") return undefined;
    const end = String(seen.headers["content-range"]).split("-")[1];
    return { status: 202, headers: { "Job-Status": status, Range: `0-${end}` } };
  };

describe("a job that ignores SIGTERM", () => {
  it("F-48: is over soon after a cancel, and its after_script runs", async () => {
    const { gitlab, folder } = await open({ ...FAST, timeouts: TIMEOUTS });
    gitlab.answer = withStatus("canceling");
    const mark = join(folder, "after");
    // Longer than the time after which the script is ended.
    gitlab.push({ id: 7, script: stubborn(unique(1)), afterScript: ["sleep 2", `touch ${mark}`] });
    await expect(runner.invoke(12)).resolves.toMatchObject({
      kind: "job-ended",
      failureReason: "job_canceled",
    });
    expect(existsSync(mark)).toBe(true);
    expect(hasProcess(unique(1))).toBe(false);
  });

  it("F-48: is over soon after a cancel that GitLab has made already", async () => {
    const { gitlab } = await open({ ...FAST, timeouts: TIMEOUTS });
    gitlab.answer = withStatus("canceled");
    gitlab.push({ id: 7, script: stubborn(unique(2)) });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", jobId: 7 });
    expect(hasProcess(unique(2))).toBe(false);
  });

  it("F-48: is over soon after its time-out", async () => {
    const { gitlab } = await open({ ...FAST, timeouts: TIMEOUTS });
    gitlab.push({ id: 7, script: stubborn(unique(3)), timeoutSeconds: 1 });
    await expect(runner.invoke(12)).resolves.toMatchObject({ failureReason: "job_execution_timeout" });
    expect(gitlab.updates(7).at(-1)).toMatchObject({ failure_reason: "job_execution_timeout" });
    expect(hasProcess(unique(3))).toBe(false);
  });
});

describe("when the environment is shut down", () => {
  it.each([
    { name: "an ordinary job", script: ["while :; do echo x; sleep 1; done"] },
    { name: "a job that ignores SIGTERM", script: stubborn(unique(4)) },
    {
      name: "a job with a process that fled",
      script: [`setsid bash -c "trap '' TERM; sleep 300" & sleep 300`],
    },
  ])("F-40: $name is reported as interrupted within two seconds", async ({ script }) => {
    const { gitlab } = await open(FAST);
    gitlab.push({ id: 7, script: ["echo begun", ...script] });
    const served = runner.invoke(12).catch((error: Error) => error);
    await gitlab.until(() => gitlab.trace(7).includes("begun"));
    const start = performance.now();
    await shutDown(runner.current);
    // Lambda's shutdown phase: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(gitlab.updates(7).at(-1)).toMatchObject({
      state: "failed",
      failure_reason: "runner_interrupted",
    });
    await served;
    expect(hasProcess(unique(4))).toBe(false);
  });
});

it("F-48: what a job leaves behind gets SIGTERM before SIGKILL", async () => {
  const { gitlab, folder } = await open();
  const mark = join(folder, "ended-gently");
  const service = `trap 'touch ${mark}; exit' TERM; while :; do sleep 0.1; done`;
  gitlab.push({ id: 7, script: [`setsid bash -c "${service}" >/dev/null 2>&1 </dev/null &`, "sleep 0.5"] });
  await expect(runner.invoke(12)).resolves.toMatchObject({ status: "success" });
  expect(existsSync(mark)).toBe(true);
});
