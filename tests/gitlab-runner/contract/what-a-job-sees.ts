import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { TOKEN, withRunner } from "../runner-under-test";
import { JOB, PATCH, type Subject } from "./cases";

/** What a job can see and leave behind. */
export const describeWhatAJobSees = (subject: Subject): void => {
  const { name, fast } = subject;
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
      "names the job's image in CI_JOB_IMAGE, before the job's sources too, and sets none without an image",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo image=$CI_JOB_IMAGE."], image: "python:3.14-slim" });
        await runner.start({ toml: ['  pre_get_sources_script = "echo early=$CI_JOB_IMAGE."'] });
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("\nimage=python:3.14-slim.");
        expect(runner.gitlab.trace(JOB)).toContain("\nearly=python:3.14-slim.");
      }),
    );

    it.concurrent(
      "sets no CI_JOB_IMAGE for a job without an image",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["echo image=$CI_JOB_IMAGE."] });
        await runner.start();
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("\nimage=.");
      }),
    );

    it.concurrent(
      "shows the first line of pre_get_sources_script, and fails the job by it as script_failure, without its script",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["touch ran.txt"] });
        await runner.start({
          toml: ['  pre_get_sources_script = "# said first\\necho said second\\nexit 7"'],
        });
        await runner.ended();
        expect(runner.gitlab.trace(JOB)).toContain("$ # said first");
        expect(runner.gitlab.trace(JOB)).toContain("\nsaid second");
        expect(runner.gitlab.trace(JOB)).not.toContain("ran.txt");
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "script_failure" });
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
        const path = join(runner.folder, "bin");
        mkdirSync(path);
        // A gitlab-runner that is a script of Node.js finds Node.js and nothing else.
        symlinkSync(process.execPath, join(path, "node"));
        runner.gitlab.push({ id: JOB, script: ["true"] });
        await runner.start({ environment: { PATH: path } });
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
        // gitlab-runner sends a log in parts of a mebibyte.
        expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
        const limit = 2048 * 1024;
        expect(runner.gitlab.rawTrace(JOB).length).toBeGreaterThanOrEqual(limit);
        // The sentence that says that the limit is exceeded comes on top.
        expect(runner.gitlab.rawTrace(JOB).length).toBeLessThan(limit + 1024);
      }),
    );
  });
};
