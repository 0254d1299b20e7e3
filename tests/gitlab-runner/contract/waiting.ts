import { SYSTEM_ID, TOKEN, withRunner } from "../runner-under-test";
import { JOB, type Subject } from "./cases";

/** How it waits for a job. */
export const describeWaiting = (subject: Subject): void => {
  const { name, fast } = subject;
  describe(`${name}: waiting for a job`, () => {
    it.concurrent(
      "asks at once, with its token and what it can do, and says nothing when it leaves",
      withRunner(fast, async (runner) => {
        await runner.start({ waitTimeout: 1 });
        await expect(runner.ended()).resolves.toBe(0);
        const [request, ...rest] = runner.gitlab.seen;
        expect(rest).toEqual([]);
        expect(request?.headers["runner-token"]).toBe(TOKEN);
        expect(JSON.parse(String(request?.body))).toMatchObject({
          token: TOKEN,
          system_id: SYSTEM_ID,
          info: { executor: "shell", features: { two_phase_job_commit: true, cancel_gracefully: true } },
        });
      }),
    );

    it.concurrent.each([
      { waitTimeout: 1, polls: 1 },
      { waitTimeout: 5, polls: 2 },
      { waitTimeout: 8, polls: 3 },
    ])(
      "looks at a wait timeout of $waitTimeout s after a poll and its 3 s only: $polls polls",
      ({ waitTimeout, polls }) =>
        withRunner(fast, async (runner) => {
          await runner.start({ waitTimeout });
          await expect(runner.ended()).resolves.toBe(0);
          expect(runner.gitlab.asked("POST jobs/request")).toHaveLength(polls);
        })(),
    );

    it.concurrent(
      "sends last_update from the second poll on",
      withRunner(fast, async (runner) => {
        await runner.start({ waitTimeout: 5 });
        await runner.ended();
        const [first, second] = runner.gitlab
          .asked("POST jobs/request")
          .map(({ body }) => JSON.parse(`${body}`));
        expect(first.last_update).toBeFalsy();
        expect(second.last_update).toBe("one");
      }),
    );

    it.concurrent(
      "asks a failing server five times in each round",
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = () => ({ status: 500 });
        await runner.start({ waitTimeout: 1 });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.asked("POST jobs/request")).toHaveLength(5);
      }),
    );

    it.concurrent(
      "T-30: sleeps 300 s after a rejected token; SIGQUIT does not end that, SIGTERM does at once",
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = () => ({ status: 403, body: {} });
        await runner.start({ waitTimeout: 1 });
        await runner.gitlab.until(() => runner.said("Runner is not healthy!"));
        await runner.seconds(5);
        runner.signal("SIGQUIT");
        await runner.seconds(2);
        expect(runner.isRunning).toBe(true);
        expect(runner.gitlab.seen).toHaveLength(1);
        runner.signal("SIGTERM");
        await expect(runner.ended()).resolves.toBe(0);
      }),
    );

    it.concurrent(
      "cuts no held poll: a job that arrives in it long after the wait timeout is run",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        const late = 6_000 * fast.scale;
        runner.gitlab.answer = (seen) =>
          seen.path === "jobs/request" ? { ...runner.gitlab.nextJob(), holdMilliseconds: late } : undefined;
        await runner.start({ waitTimeout: 1 });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.state(JOB)).toBe("success");
      }),
    );
  });
};
