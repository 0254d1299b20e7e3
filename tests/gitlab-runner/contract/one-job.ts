import { existsSync } from "node:fs";
import { join } from "node:path";
import { withRunner } from "../runner-under-test";
import { firstTime, JOB, PATCH, PUT, SLEEPER, type Subject, slowCase } from "./cases";

/** How it runs and reports one job. */
export const describeOneJob = (subject: Subject): void => {
  const { name, fast, faster } = subject;
  const slow = slowCase(subject);
  describe(`${name}: one job`, () => {
    it.concurrent(
      "confirms first, sends the log in parts and the end with checksum and size, and leaves with 0",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo hello"] });
        await runner.start();
        await expect(runner.ended()).resolves.toBe(0);
        const kinds = runner.gitlab.seen.map(({ method, path }) => `${method} ${path}`);
        expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual([
          "POST jobs/request",
          PUT,
          PATCH,
          PUT,
        ]);
        expect(runner.gitlab.updates(JOB)[0]).toMatchObject({ state: "running" });
        const size = Buffer.byteLength(runner.gitlab.rawTrace(JOB));
        expect(runner.gitlab.updates(JOB)[1]).toMatchObject({
          state: "success",
          output: { bytesize: size, checksum: expect.stringMatching(/^crc32:[0-9a-f]{8}$/) },
        });
        const ranges = runner.gitlab.asked(PATCH).map(({ headers }) => String(headers["content-range"]));
        expect(ranges[0]).toMatch(/^0-/);
        expect(ranges.at(-1)).toMatch(new RegExp(`-${size - 1}$`));
        expect(runner.gitlab.trace(JOB)).toContain("hello");
      }),
    );

    it.concurrent(
      "tells a failure by its log and its report, and by no exit code",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["exit 3"] });
        await runner.start();
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB)[1]).toMatchObject({
          state: "failed",
          failure_reason: "script_failure",
          exit_code: 3,
        });
        expect(runner.lines.find(({ msg }) => msg.startsWith("Job failed"))).toMatchObject({
          job: JOB,
          "job-status": "failed",
          failure_reason: "script_failure",
          exit_code: 3,
          duration_s: expect.any(Number),
        });
      }),
    );

    it.concurrent(
      "takes one job of two with --max-builds 1",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] }, { id: 8, script: ["true"] });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.asked("POST jobs/request")).toHaveLength(1);
        expect(runner.gitlab.updates(8)).toEqual([]);
      }),
    );

    it.concurrent(
      "does not count a job that vanishes at its confirmation, and takes the next at once",
      withRunner(fast, async (runner) => {
        firstTime(runner.gitlab, PUT, 403);
        runner.gitlab.push({ id: JOB, script: ["true"] }, { id: 8, script: ["true"] });
        await runner.start();
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB)).toHaveLength(1);
        expect(runner.gitlab.state(8)).toBe("success");
      }),
    );

    it.concurrent(
      "runs a job whose confirmation is answered with 409",
      withRunner(fast, async (runner) => {
        firstTime(runner.gitlab, PUT, 409);
        runner.gitlab.push({ id: JOB, script: ["echo ran > ran.txt"] });
        await runner.start();
        await runner.ended();
        // Its reports may be refused: the job is another runner's then.
        expect(existsSync(join(runner.buildsDir, "abcdefghi/0/project-42/ran.txt"))).toBe(true);
      }),
    );

    it.concurrent(
      "runs after_script after a failure, without its failure counting",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({
          id: JOB,
          script: ["true"],
          afterScript: ["echo after $CI_JOB_STATUS", "exit 9"],
        });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.state(JOB)).toBe("success");
        expect(runner.gitlab.trace(JOB)).toContain("after success");
      }),
    );

    it.concurrent(
      "ends a job at its timeout, without after_script",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: SLEEPER, afterScript: ["echo after"], timeoutSeconds: 1 });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "job_execution_timeout" });
        expect(runner.gitlab.trace(JOB)).not.toMatch(/^after/m);
      }),
    );

    it.concurrent.each([
      { status: "canceling", after: true },
      { status: "canceled", after: false },
    ])("$status: stops the script, after_script runs: $after", ({ status, after }) =>
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = (seen, count) =>
          seen.method === "PATCH" && count === 1
            ? { status: 202, headers: { "Job-Status": status, Range: `0-${seen.body.length}` } }
            : undefined;
        runner.gitlab.push({ id: JOB, script: SLEEPER, afterScript: ["echo after > after.txt"] });
        await runner.start();
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({
          state: "failed",
          failure_reason: "job_canceled",
        });
        expect(existsSync(join(runner.buildsDir, "abcdefghi/0/project-42/after.txt"))).toBe(after);
      })(),
    );

    it.concurrent(
      "is not stopped in its after_script, however often GitLab repeats the cancel",
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = (seen) => {
          if (seen.method !== "PATCH") return undefined;
          const end = String(seen.headers["content-range"]).split("-")[1];
          return { status: 202, headers: { "Job-Status": "canceling", Range: `0-${end}` } };
        };
        const after = ["for i in 1 2 3 4 5 6; do echo after; sleep 0.5; done", "echo done > after.txt"];
        runner.gitlab.push({ id: JOB, script: SLEEPER, afterScript: after });
        await runner.start();
        await runner.ended();
        expect(existsSync(join(runner.buildsDir, "abcdefghi/0/project-42/after.txt"))).toBe(true);
      }),
    );

    slow(
      "gives a sign of life after 30 s of silence",
      withRunner(faster, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo begun", `sleep ${60 * faster.scale}`] });
        await runner.start();
        await runner.ended();
        const states = runner.gitlab.updates(JOB).map(({ state }) => state);
        expect(states.filter((state) => state === "running").length).toBeGreaterThan(1);
      }),
    );

    it.concurrent(
      "sends the log again from where GitLab stands after 416, and all of it after 412",
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = (seen, count) => {
          if (seen.method === "PATCH" && count === 1) return { status: 416, headers: { Range: "0-0" } };
          if (seen.method === "PUT" && count === 2) return { status: 412, body: {} };
          return undefined;
        };
        runner.gitlab.push({ id: JOB, script: ["echo hello"] });
        await runner.start();
        await runner.ended();
        const ranges = runner.gitlab.asked(PATCH).map(({ headers }) => headers["content-range"]);
        expect(ranges.filter((range) => String(range).startsWith("0-")).length).toBeGreaterThanOrEqual(2);
        expect(runner.gitlab.state(JOB)).toBe("success");
      }),
    );

    slow(
      "gives up a failing last report after the rounds it may make, with exit 0 and the job still running",
      withRunner(faster, async (runner) => {
        runner.gitlab.answer = (seen, count) =>
          seen.method === "PATCH" || (seen.method === "PUT" && count > 1) ? { status: 500 } : undefined;
        runner.gitlab.push({ id: JOB, script: ["true"] });
        await runner.start({ toml: ["  job_status_final_update_retry_limit = 2"] });
        await expect(runner.ended()).resolves.toBe(0);
        // Two rounds of five, and perhaps one or two that came while the job ran.
        expect(runner.gitlab.asked(PATCH).length).toBeGreaterThanOrEqual(10);
        // Two rounds' worth of those that came before the end.
        expect(runner.gitlab.asked(PATCH).length).toBeLessThanOrEqual(20);
        expect(runner.gitlab.state(JOB)).toBe("running");
        expect(runner.lines.some(({ msg }) => /Job trace termination .* failed/.test(msg))).toBe(true);
      }),
    );
  });
};
