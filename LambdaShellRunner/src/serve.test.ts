import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { babbler, scaledRunner, talker } from "../../tests/gitlab-runner/binary";
import { mutedLog, muteLog } from "../../tests/gitlab-runner/handler-log";
import { LambdaRunner, type LambdaRunnerOptions, TOKEN } from "../../tests/gitlab-runner/lambda-runner";
import { hasProcess } from "../../tests/gitlab-runner/processes";
import { describeWith } from "../../tests/needs";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

let runner: LambdaRunner;
const open = async (options: LambdaRunnerOptions = {}): Promise<LambdaRunner> => {
  runner = await LambdaRunner.open(options);
  return runner;
};

beforeEach(muteLog);
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
});

describe("one job", () => {
  it("is run, its outcome told by the runner's log, and nothing left behind", async () => {
    const { gitlab, root } = await open();
    gitlab.push({ id: 7, script: ["echo hello", "exit 3"] });
    await expect(runner.invoke(12)).resolves.toMatchObject({
      kind: "job-ended",
      jobId: 7,
      status: "failed",
      failureReason: "script_failure",
      exitCode: 3,
      interrupted: false,
    });
    expect(gitlab.state(7)).toBe("failed");
    expect(gitlab.trace(7)).toContain("hello");
    expect(readdirSync(root)).toEqual([]);
    expect(mutedLog()).toContain('"code":"RUNNER_ENDED"');
  });

  it("is warned in its own log when it asks for an image, and runs", async () => {
    const { gitlab } = await open();
    gitlab.push({ id: 7, script: ["echo ran"], image: "python:3.14-slim" });
    await runner.invoke(12);
    expect(gitlab.state(7)).toBe("success");
    expect(gitlab.trace(7)).toMatch(/WARNING: .*image.*: python:3\.14-slim\b[\s\S]*\nran/);
    expect(gitlab.trace(7)).not.toContain("ERROR:");
  });

  it.each([false, true])("is not warned when it asks for none; refuseImages: %s", async (refuseImages) => {
    const { gitlab } = await open({ row: { refuseImages } });
    gitlab.push({ id: 7, script: ["echo ran"] });
    await runner.invoke(12);
    expect(gitlab.state(7)).toBe("success");
    expect(gitlab.trace(7)).not.toMatch(/WARNING|ERROR/);
  });

  it("fails before its sources when it asks for an image and its class refuses such jobs", async () => {
    const { gitlab } = await open({ row: { refuseImages: true } });
    gitlab.push({ id: 7, script: ["touch ran.txt"], image: "python:3.14-slim" });
    await expect(runner.invoke(12)).resolves.toMatchObject({
      status: "failed",
      failureReason: "script_failure",
    });
    expect(gitlab.trace(7)).toMatch(/ERROR: .*image.*: python:3\.14-slim\b/);
    expect(gitlab.trace(7)).not.toContain("ran.txt");
  });

  it("T-11: an image's name is no command, whatever it says", async () => {
    const { gitlab } = await open();
    const image = "$(touch /tmp/x)`id`%s\\n\"'; echo injected";
    gitlab.push({ id: 7, script: ["echo ran"], image });
    await runner.invoke(12);
    expect(gitlab.trace(7)).not.toMatch(/^injected/m);
    expect(gitlab.trace(7)).not.toContain("uid=");
    expect(gitlab.state(7)).toBe("success");
  });

  it("T-14: its runner's own token is masked in the log, whatever the token looks like", async () => {
    const token = "aTokenWithoutAPrefix1";
    await open({ binary: talker(`token ${token}, once more ${token}.`), row: { token } });
    await runner.invoke(12).catch(() => undefined);
    expect(mutedLog()).toContain("token [MASKED], once more [MASKED].");
    expect(mutedLog()).not.toContain(token);
  });

  it("T-9 T-11: sees nothing of the function's: no keys, no table, no token, in no environment and no argument", async () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: "k3yOfTheFunction",
      BOOTSTRAP_TABLE: "t4ble",
      CI_SERVER_TOKEN: TOKEN,
    };
    const { gitlab } = await open({ variables: secrets });
    const look = "tr '\\0' '\\n' < /proc/$PPID/environ; tr '\\0' ' ' < /proc/$PPID/cmdline";
    gitlab.push({ id: 7, script: ["env", look, "find $HOME/.. -type f -o -type p", "echo umask $(umask)"] });
    await runner.invoke(12);
    expect(gitlab.state(7)).toBe("success");
    const seen = gitlab.trace(7);
    expect(seen).toContain("run-single");
    for (const secret of [...Object.values(secrets), TOKEN.slice(5)]) expect(seen).not.toContain(secret);
    expect(seen).not.toMatch(/^(AWS_|BOOTSTRAP|TENANT|RUNNER_ROOT|GITLAB_RUNNER)/m);
    expect(seen).not.toMatch(/config\.toml$/m);
    expect(mutedLog()).not.toContain(TOKEN.slice(5));
  });

  it("finds HOME, temporary files, builds and cache in one fresh folder, and PATH as the image has it", async () => {
    const { gitlab } = await open();
    gitlab.push({ id: 7, script: ["cd ~ && pwd", "echo $TMPDIR", "echo $CI_BUILDS_DIR", "echo $PATH"] });
    await runner.invoke(12);
    const folders = gitlab.trace(7).match(/^\/.*\/job-\w+\/(home|tmp|builds)$/gm) ?? [];
    expect(folders.map((path) => path.split("/").at(-1))).toEqual(["home", "tmp", "builds"]);
    expect(gitlab.trace(7)).toContain(`\n${process.env.PATH}\n`);
  });

  it("legacy: the runner's record is deleted as the last act", async () => {
    const { gitlab } = await open({ row: { deletesOwnRecord: true } });
    gitlab.push({ id: 7, script: ["true"] });
    await runner.invoke(12);
    expect(gitlab.seen.at(-1)).toMatchObject({ method: "DELETE", path: "runners" });
    expect(JSON.parse(String(gitlab.seen.at(-1)?.body))).toEqual({ token: TOKEN });
  });
});

describe("no job", () => {
  it("F-41: a second delivery finds no row, and leaves without a word to GitLab", async () => {
    const { gitlab } = await open();
    await expect(runner.deliver(12)).resolves.toEqual({ kind: "no-row" });
    expect(gitlab.seen).toEqual([]);
  });

  it("T-10: with tenant isolation a used environment refuses before it takes the row or asks GitLab", async () => {
    const { gitlab } = await open({ isolated: true });
    gitlab.push({ id: 7, script: ["true"] });
    await runner.invoke(12);
    const before = gitlab.seen.length;
    await expect(runner.deliver(12)).resolves.toEqual({ kind: "no-row" });
    await expect(runner.invoke(13)).rejects.toMatchObject({ name: "ConfigurationError" });
    expect(gitlab.seen).toHaveLength(before);
    expect(runner.rows.size).toBe(1);
  });

  it("T-30: a rejected token: one request, gone within two seconds, and visible", async () => {
    const { gitlab } = await open();
    gitlab.answer = () => ({ status: 403, body: {} });
    const start = performance.now();
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "rejected", detail: "forbidden" });
    // As the title promises.
    expect(performance.now() - (gitlab.seen[0]?.at ?? start)).toBeLessThan(2_000);
    expect(gitlab.seen).toHaveLength(1);
  });

  it("I-23: leaves when the wait is over", async () => {
    const { gitlab } = await open({ timeouts: { wait: 2_000 }, binary: scaledRunner(0.05).path });
    await expect(runner.invoke(12)).resolves.toEqual({ kind: "no-job" });
    expect(gitlab.seen.length).toBeGreaterThan(0);
  });

  it("a job that arrives after the wait, in the poll in flight, is run", async () => {
    const { gitlab } = await open({ timeouts: { wait: 2_000 } });
    gitlab.push({ id: 7, script: ["true"] });
    gitlab.answer = (seen) =>
      seen.path === "jobs/request" ? { ...gitlab.nextJob(), holdMilliseconds: 3_000 } : undefined;
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", status: "success" });
  });

  it("F-42: a runner that cannot be started is a visible failure, and the folder goes all the same", async () => {
    const { root } = await open({ binary: "/nonexistent/gitlab-runner" });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("a job that does not end well", () => {
  it("F-40: is interrupted when the time is over, so that GitLab shows a clear failure", async () => {
    const { gitlab } = await open({ timeouts: { interrupt: 1_000 } });
    gitlab.push({ id: 7, script: ["sleep 300"] });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", interrupted: true });
    expect(gitlab.updates(7).at(-1)).toMatchObject({ state: "failed", failure_reason: "runner_interrupted" });
  });

  it("F-40 F-48: is ended by force when it ignores that, and GitLab still hears of it", async () => {
    const { gitlab } = await open({ timeouts: { interrupt: 1_000, jobTermDelay: 200, jobKillDelay: 200 } });
    const stubborn = "trap '' TERM; while :; do sleep 1; done";
    gitlab.push({ id: 7, script: [`setsid bash -c "${stubborn}" &`, stubborn] });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", interrupted: true });
    expect(gitlab.updates(7).at(-1)).toMatchObject({ state: "failed", failure_reason: "runner_interrupted" });
    expect(hasProcess(stubborn)).toBe(false);
  });

  it("whose last report GitLab never takes is a visible failure, after bounded tries", async () => {
    const { gitlab } = await open({ binary: scaledRunner(0.02).path });
    gitlab.answer = (seen, count) =>
      seen.method === "PATCH" || (seen.method === "PUT" && count > 1) ? { status: 500 } : undefined;
    gitlab.push({ id: 7, script: ["true"] });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    // Four rounds of five, and perhaps one or two that came while the job ran.
    expect(gitlab.asked("PATCH jobs/7/trace").length).toBeGreaterThanOrEqual(20);
    // Those rounds again for what a slow machine sends before the job's end (35 were seen).
    expect(gitlab.asked("PATCH jobs/7/trace").length).toBeLessThanOrEqual(40);
    expect(mutedLog()).toContain('"outcome":"job-lost"');
  });

  it("that kills its runner is a visible failure, and its processes go", async () => {
    const { gitlab, root } = await open();
    gitlab.push({ id: 7, script: ["kill -9 $PPID; sleep 4242"] });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    expect(hasProcess("4242")).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });
});

const onLinux = describeWith(process.platform === "linux", "no /proc");
onLinux("a hostile job", () => {
  let bystander: ChildProcess;
  beforeEach(() => {
    bystander = spawn("sleep", ["60"]);
  });
  afterEach(() => bystander.kill("SIGKILL"));

  // Tests of other clones may run on this machine.
  const word = `left-behind-${process.pid}`;
  const quiet = `sleep 3${process.pid}.017`;
  const fleeing = `env -i setsid -f bash -c 'trap "" TERM HUP INT; exec -a ${word} sleep 300'`;

  it("T-10 I-29: leaves nothing for the next: no process, no file, and a bystander of the same user lives", async () => {
    const { gitlab, root } = await open();
    gitlab.push({
      id: 7,
      script: [
        `(${fleeing}) >/dev/null 2>&1 </dev/null &`,
        "setsid bash -c 'while :; do sleep 1; done' >/dev/null 2>&1 &",
        `for i in $(seq 50); do (${quiet} >/dev/null 2>&1 &) ; done`,
        "echo q7secret > ~/q7left; echo q7secret > $TMPDIR/q7left; mkdir -p ../q7deep/x; chmod 000 ../q7deep",
        "head -c 30000000 /dev/zero > $TMPDIR/q7full",
        "sleep 1",
      ],
    });
    await expect(runner.invoke(12)).resolves.toMatchObject({ status: "success" });
    expect(hasProcess(word)).toBe(false);
    expect(readdirSync(root)).toEqual([]);
    gitlab.push({ id: 8, script: [`ls -R ${root}`, "ps -e -o args || true", "ls ~ $TMPDIR"] });
    await expect(runner.invoke(13)).resolves.toMatchObject({ jobId: 8, status: "success" });
    expect(gitlab.trace(8)).not.toMatch(new RegExp(`q7|${word}|${quiet}`));
    expect(gitlab.trace(8).match(/job-\w+:$/gm)).toHaveLength(1);
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
    expect(runner.thrownAway).toBe(0);
  });

  it("100 MB of log: the handler's memory stays bounded and the job ends", async () => {
    const { gitlab } = await open();
    gitlab.push({ id: 7, script: ["head -c 100000000 /dev/zero | tr '\\0' 'x' | fold -w 120"] });
    const before = process.memoryUsage().rss;
    await expect(runner.invoke(12)).resolves.toMatchObject({ status: "success" });
    // The double keeps 4 MiB of it, in parts.
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    // Of the 100 MB nothing comes into the log but what the runner itself says.
    expect(mutedLog().length).toBeLessThan(100_000);
  });

  it("a log of the runner's own that never ends a line is bounded too", async () => {
    await open({ binary: babbler() });
    const before = process.memoryUsage().rss;
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    // Not all of the 50 MB, and what the garbage collector leaves.
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    // The log holds a few lines of 1,024 characters at most.
    expect(mutedLog().length).toBeLessThan(10_000);
  });
});

it("writes nothing outside the folder that it is given", async () => {
  const { gitlab, folder } = await open();
  gitlab.push({ id: 7, script: ["true"] });
  await runner.invoke(12);
  expect(readdirSync(folder)).toEqual(["root"]);
  expect(existsSync(join(folder, "root"))).toBe(true);
});
