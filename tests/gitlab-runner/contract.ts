import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GitLabDouble } from "./gitlab-double";
import { type Binary, SYSTEM_ID, TOKEN, withRunner } from "./runner-under-test";

/** Answers the first request of a kind otherwise, and all after it as the double does. */
const firstTime = (
  gitlab: GitLabDouble,
  kind: string,
  status: number,
  headers: Record<string, string> = {},
) => {
  gitlab.answer = (seen, count) =>
    `${seen.method} ${seen.path}` === kind && count === 1 ? { status, headers, body: {} } : undefined;
};

const JOB = 7;
const PUT = `PUT jobs/${JOB}`;
const PATCH = `PATCH jobs/${JOB}/trace`;
const SLEEPER = ["echo begun", "sleep 300"];

/**
 * What gitlab-runner was measured to do, as cases. `fast` shortens the runner's waits where it can; `slow` cases
 * take minutes where it cannot, and are left out there.
 */
export const describeGitLabRunner = (name: string, fast: Binary, faster: Binary): void => {
  const canHurry = faster.scale < 1;
  const slow = canHurry ? it.concurrent : it.skip;

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
        const size = Buffer.byteLength(runner.gitlab.trace(JOB));
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
        runner.gitlab.push({ id: JOB, script: ["echo ran"] });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("ran");
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
        expect(runner.gitlab.asked(PATCH).length).toBeLessThanOrEqual(20);
        expect(runner.gitlab.state(JOB)).toBe("running");
        expect(runner.lines.some(({ msg }) => /Job trace termination .* failed/.test(msg))).toBe(true);
      }),
    );
  });

  describe(`${name}: what a job can see and leave`, () => {
    it.concurrent(
      "T-11: shows the token in no environment, argument or file when it came through a pipe",
      withRunner(fast, async (runner) => {
        const places = ["env", "cat /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n' || true"];
        runner.gitlab.push({ id: JOB, script: [...places, `ls -A ${runner.folder}/config`] });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.state(JOB)).toBe("success");
        expect(runner.gitlab.trace(JOB)).not.toContain(TOKEN.slice(5));
        expect(runner.gitlab.trace(JOB)).not.toMatch(/^config\.toml$/m);
      }),
    );

    it.concurrent(
      "hands its whole environment to the job, and a PATH of its configuration past the login shell",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo seen=$OF_THE_RUNNER", "echo path=$PATH"] });
        const path = `/opt/own/bin:${process.env.PATH}`;
        await runner.start({
          toml: [`  environment = ["PATH=${path}"]`],
          environment: { OF_THE_RUNNER: "yes" },
        });
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("seen=yes");
        expect(runner.gitlab.trace(JOB)).toContain(`path=${path}`);
      }),
    );

    it.concurrent(
      "works below builds_dir/<nine characters of the token>/0/<project>",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo in=$PWD", "test $PWD = $CI_PROJECT_DIR"] });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain(`in=${runner.buildsDir}/abcdefghi/0/project-42`);
      }),
    );

    it.concurrent(
      "gives file variables as files and masks what is masked and every runner token",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({
          id: JOB,
          script: ['cat "$A_FILE"', "echo secret=$SECRET", "echo glrt-zyxwvutsrqponm"],
          variables: [
            { key: "A_FILE", value: "in the file\n", file: true },
            { key: "SECRET", value: "s3cretValue", masked: true },
          ],
        });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("in the file");
        expect(runner.gitlab.trace(JOB)).toContain("secret=[MASKED]");
        expect(runner.gitlab.trace(JOB)).not.toMatch(/s3cretValue|zyxwvutsrqponm$/m);
      }),
    );

    it.concurrent(
      "waits for the last process that holds the job's output, and leaves one that does not alone",
      withRunner(fast, async (runner) => {
        const pidFile = join(runner.folder, "pid");
        const quiet = `setsid sleep 60 >/dev/null 2>&1 & echo $! > ${pidFile}`;
        runner.gitlab.push({ id: JOB, script: ["(sleep 1; echo late) &", quiet, `touch ${pidFile}`] });
        const start = performance.now();
        await runner.start();
        await runner.ended();
        expect(performance.now() - start).toBeGreaterThan(1_000);
        expect(runner.gitlab.trace(JOB)).toContain("late");
        const pid = Number(readFileSync(pidFile, "utf8"));
        expect(process.kill(pid, "SIGKILL")).toBe(true);
      }),
    );

    it.concurrent(
      "fails the job as script_failure when builds_dir cannot be made",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        await runner.start({ buildsDir: "/dev/null/builds" });
        await runner.ended();
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "script_failure" });
      }),
    );

    it.concurrent(
      "fails the job as its own failure when PATH has no bash",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        await runner.start({ environment: { PATH: "/nonexistent" } });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "runner_system_failure" });
      }),
    );

    it.concurrent(
      "sends at most 1 MiB at a time and keeps output_limit of the log",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["head -c 6000000 /dev/zero | tr '\\0' 'x' | fold -w 99"] });
        await runner.start({ toml: ["  output_limit = 2048"] });
        await runner.ended();
        const sizes = runner.gitlab.asked(PATCH).map(({ body }) => body.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
        expect(runner.gitlab.trace(JOB).length).toBeGreaterThan(2048 * 1024 - 1);
        expect(runner.gitlab.trace(JOB).length).toBeLessThan(2049 * 1024);
      }),
    );
  });

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
      { signal: "SIGTERM" as const, state: "failed" },
      { signal: "SIGQUIT" as const, state: "success" },
    ])("$signal in a held poll: the job that arrives in it ends as $state", ({ signal, state }) =>
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        runner.gitlab.answer = (seen) =>
          seen.path === "jobs/request" ? { ...runner.gitlab.nextJob(), holdMilliseconds: 1_000 } : undefined;
        await runner.start();
        await runner.gitlab.until(() => runner.gitlab.seen.length === 1);
        runner.signal(signal);
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.state(JOB)).toBe(state);
        if (state === "failed") {
          expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "runner_interrupted" });
        }
      })(),
    );
  });

  describe(`${name}: flags`, () => {
    const run = (...args: string[]) => ({ args: ["--log-format", "json", ...args] });

    it.concurrent(
      "refuses to run without HOME",
      withRunner(fast, async (runner) => {
        await runner.start({ environment: { HOME: "" } });
        await expect(runner.ended()).resolves.toBe(1);
      }),
    );

    it.concurrent(
      "panics at --shutdown-timeout",
      withRunner(fast, async (runner) => {
        const flags = [
          "-u",
          runner.gitlab.url,
          "-t",
          TOKEN,
          "--executor",
          "shell",
          "--shutdown-timeout",
          "5",
        ];
        await runner.start(run("run-single", ...flags));
        await expect(runner.ended()).resolves.toBe(2);
      }),
    );

    it.concurrent(
      "prints the token with its help at a wrong flag when it is in the environment",
      withRunner(fast, async (runner) => {
        await runner.start({
          ...run("run-single", "--no-such-flag"),
          environment: { CI_SERVER_TOKEN: TOKEN },
        });
        await expect(runner.ended()).resolves.toBe(1);
        expect(runner.stdout).toContain(TOKEN);
      }),
    );

    it.concurrent(
      "does not look at --config without -r",
      withRunner(fast, async (runner) => {
        await runner.start(run("run-single", "--config", "/nonexistent.toml"));
        await expect(runner.ended()).resolves.toBe(1);
        expect(runner.said("Missing URL") || runner.stderr.includes("Missing URL")).toBe(true);
      }),
    );

    it.concurrent.each([
      { token: "glrt-abc", path: "runners/managers" },
      { token: "glrtr-abc", path: "runners" },
    ])("unregister --all-runners with $token: DELETE $path", ({ token, path }) =>
      withRunner(fast, async (runner) => {
        const config = join(runner.folder, "own.toml");
        const entry = `[[runners]]\nname = "a"\nurl = "${runner.gitlab.url}"\ntoken = "${token}"\nexecutor = "shell"\n`;
        writeFileSync(config, entry, { mode: 0o600 });
        await runner.start(run("unregister", "--config", config, "--all-runners"));
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.seen.map((seen) => `${seen.method} ${seen.path}`)).toEqual([`DELETE ${path}`]);
      })(),
    );

    it.concurrent(
      "register --registration-token: POST runners, and a configuration of 0600",
      withRunner(fast, async (runner) => {
        const config = join(runner.folder, "own.toml");
        runner.gitlab.answer = () => ({
          status: 201,
          body: { id: 1, token: "glrtr-new", token_expires_at: null },
        });
        const flags = [
          "--non-interactive",
          "--url",
          runner.gitlab.url,
          "--registration-token",
          "r",
          "--executor",
          "shell",
        ];
        await runner.start(run("register", "--config", config, ...flags));
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.asked("POST runners")).toHaveLength(1);
        expect(statSync(config).mode & 0o777).toBe(0o600);
      }),
    );
  });
};
