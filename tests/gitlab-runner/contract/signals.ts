import { existsSync } from "node:fs";
import { join } from "node:path";
import { withRunner } from "../runner-under-test";
import { JOB, SLEEPER, type Subject, slowCase } from "./cases";

/** What signals do to it. */
export const describeSignals = (subject: Subject): void => {
  const { name, fast, faster } = subject;
  const slow = slowCase(subject);
  describe(`${name}: signals`, () => {
    it.concurrent(
      "SIGTERM on a running job: failed as runner_interrupted at once, no after_script, exit 0",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: SLEEPER, afterScript: ["echo after > after.txt"] });
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.trace(JOB).includes("begun"));
        runner.signal("SIGTERM");
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({
          state: "failed",
          failure_reason: "runner_interrupted",
        });
        expect(existsSync(join(runner.buildsDir, "abcdefghi/0/project-42/after.txt"))).toBe(false);
      }),
    );

    slow(
      "SIGTERM on a job that ignores it: exit 1 after 30 s, no last report, the job stays running",
      withRunner(faster, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["trap '' TERM", "echo begun", "while :; do sleep 1; done"] });
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.trace(JOB).includes("begun"));
        const start = performance.now();
        runner.signal("SIGTERM");
        await expect(runner.ended()).resolves.toBe(1);
        // The title's 30 s, which the runner counts by its own clock.
        expect(performance.now() - start).toBeGreaterThan(29_000 * faster.scale);
        expect(runner.gitlab.state(JOB)).toBe("running");
      }),
    );

    it.concurrent(
      "SIGTERM twice: exit 1 at the second, the job stays running",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["trap '' TERM", "echo begun", "while :; do sleep 1; done"] });
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.trace(JOB).includes("begun"));
        runner.signal("SIGTERM");
        await runner.seconds(2);
        runner.signal("SIGTERM");
        await expect(runner.ended()).resolves.toBe(1);
        expect(runner.gitlab.state(JOB)).toBe("running");
      }),
    );

    it.concurrent(
      "SIGQUIT on a running job: it is finished and reported",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo begun", "sleep 1", "echo done"] });
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.state(JOB) === "running");
        runner.signal("SIGQUIT");
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.state(JOB)).toBe("success");
      }),
    );

    it.concurrent.each([
      { signal: "SIGTERM" as const, state: "failed", reason: "runner_interrupted" },
      { signal: "SIGQUIT" as const, state: "success", reason: undefined },
    ])("$signal in a held poll: the job that arrives in it ends as $state", ({ signal, state, reason }) =>
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        runner.gitlab.answer = (seen) =>
          seen.path === "jobs/request" ? { ...runner.gitlab.nextJob(), holdMilliseconds: 1_000 } : undefined;
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.seen.length === 1);
        // It asks for a job while it still makes itself ready for signals.
        await new Promise((resolve) => setTimeout(resolve, 300));
        runner.signal(signal);
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.state(JOB)).toBe(state);
        expect(runner.gitlab.updates(JOB).at(-1)?.failure_reason).toBe(reason);
      })(),
    );
  });
};
