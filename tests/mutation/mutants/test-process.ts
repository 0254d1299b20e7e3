import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** Which tests run: the nearest to a file, or one. Paths from the folder. */
export type TestChoice = { readonly file: string; readonly nearest: number } | { readonly test: string };

/** `died`: the process ended under the tests, which says nothing of them. */
export type TestsEnd =
  | { readonly ended: "passed" | "timed-out" | "died" }
  | { readonly ended: "failed" /** The test file. */; readonly by: string };

/** What a process has loaded stays in it. With more, collecting garbage takes longer than a new one's start. */
const MEMORY = 900 * 2 ** 20;

let running: ChildProcess | undefined;

/** Ends the process that runs the tests, with all that it has started. */
export const endTests = (): void => {
  if (running?.pid !== undefined) process.kill(-running.pid, "SIGKILL");
  running = undefined;
};

/** In a process group of its own, which ends whole. */
const start = (folder: string): ChildProcess =>
  fork(join(folder, "tests/mutation/mutants/jest-worker.cjs"), {
    cwd: folder,
    detached: true,
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });

interface Answer {
  readonly failed?: string;
  readonly memory: number;
}

const onAnswer = ({ failed, memory }: Answer): TestsEnd => {
  if (memory > MEMORY) endTests();
  return failed === undefined ? { ended: "passed" } : { ended: "failed", by: failed };
};

const onSilence = (ended: "timed-out" | "died"): TestsEnd => {
  endTests();
  return { ended };
};

/** Runs tests in a folder, in the process that ran the last ones where that still lives. It ends at the first failure. */
export const runTests = (folder: string, which: TestChoice, seconds: number): Promise<TestsEnd> => {
  running ??= start(folder);
  const child = running;
  return new Promise((resolve) => {
    const settle = (end: TestsEnd): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(end);
    };
    const timer = setTimeout(() => settle(onSilence("timed-out")), seconds * 1000);
    child.once("exit", () => {
      running = undefined;
      settle({ ended: "died" });
    });
    child.once("message", (answer: Answer) => settle(onAnswer(answer)));
    child.send(which);
  });
};
