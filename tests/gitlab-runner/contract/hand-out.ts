import { withRunner } from "../runner-under-test";
import { firstTime, JOB, PATCH, PUT, SLEEPER, type Subject } from "./cases";

/** What becomes of a job between its hand-out and the runner's first report, in GitLab's eyes. */
export const describeHandOut = ({ name, fast }: Subject): void => {
  const atHandOut = fast.acknowledgement ? "pending" : "running";
  describe(`${name}: a job that is handed out is ${atHandOut}`, () => {
    it.concurrent(
      "and stays so when the runner is killed before its first report",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: SLEEPER });
        runner.gitlab.answer = (seen) =>
          seen.method === "PUT" ? { status: 500, holdMilliseconds: 10_000 } : undefined;
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.asked(PUT).length > 0);
        runner.signal("SIGKILL");
        await runner.ended();
        expect(runner.gitlab.asked(PATCH)).toEqual([]);
        expect(runner.gitlab.state(JOB)).toBe(atHandOut);
      }),
    );

    it.concurrent(
      "and is cancelled by the answer to the first report",
      withRunner(fast, async (runner) => {
        firstTime(runner.gitlab, PUT, 403, { "Job-Status": "canceled" });
        runner.gitlab.push({ id: JOB, script: ["echo ran"] });
        await runner.start({ waitTimeout: 1 });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB)).toHaveLength(1);
        expect(runner.gitlab.trace(JOB)).not.toContain("ran");
      }),
    );
  });
};
