import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installedRunner, runnerPath } from "../../tests/gitlab-runner/binary";
import { startGitLab } from ".";
import type { JobView } from "./model/job-view";
import type { StandIn } from "./stand-in";
import { HAND_OUTS, newRunner } from "./testing";

const real = installedRunner();

const binaries = [
  { name: "the stand-in for gitlab-runner", binary: runnerPath() },
  ...(real.path === undefined ? [] : [{ name: "gitlab-runner", binary: real.path }]),
];
const inBothWays = HAND_OUTS.flatMap((handOut) => binaries.map((each) => ({ ...each, ...handOut })));

let gitlab: StandIn;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "one-job-"));
});
afterEach(async () => {
  await gitlab.close();
  rmSync(folder, { recursive: true, force: true });
});

const toml = (token: string): string => `[[runners]]
name = "job"
url = "${gitlab.url}"
token = "${token}"
executor = "shell"
shell = "bash"
builds_dir = "${folder}/builds"
cache_dir = "${folder}/cache"
`;

/** Runs one job as the product does, but with the configuration in a file. @returns its exit code */
const runSingle = async (binary: string, token: string): Promise<number | null> => {
  const config = join(folder, "config.toml");
  mkdirSync(join(folder, "home"), { recursive: true });
  writeFileSync(config, toml(token));
  chmodSync(config, 0o600);
  const options = ["--config", config, "-r", "job", "--max-builds", "1", "--wait-timeout", "5"];
  const child = spawn(binary, ["--log-format", "json", "run-single", ...options], {
    cwd: folder,
    env: { HOME: join(folder, "home"), PATH: process.env.PATH },
    stdio: "ignore",
  });
  return new Promise((resolve) => child.on("exit", resolve));
};

const job = (id: number): JobView | undefined => gitlab.jobs().find((view) => view.id === id);

const until = (isReached: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (!isReached()) return;
      gitlab.off("change", look);
      resolve();
    };
    gitlab.on("change", look);
    look();
  });

describe.each(inBothWays)("$name, where $handOut", ({ binary, features }) => {
  beforeEach(async () => {
    gitlab = await startGitLab({ features, limits: { longPollMs: 500 } });
  });

  it("takes a job from the stand-in for GitLab, runs it and reports it", async () => {
    const script = ['echo "this is $CI_JOB_NAME of $CI_PROJECT_ID with $COLOUR"'];
    const variables = { COLOUR: "blue" };
    const [created] = gitlab.createPipeline(7, [
      { name: "greet", tags: ["x"], script, variables, after_script: ["echo all done"] },
    ]);
    const { token } = await newRunner(gitlab, 7, { tag_list: ["x"], run_untagged: false });
    expect(await runSingle(binary, token)).toBe(0);
    const ended = job(created!.id);
    expect(ended?.status).toBe("success");
    const log = ended?.lastLines.join("\n");
    expect(log).toContain("this is greet of 7 with blue");
    expect(log).toContain("all done");
    expect(log).toContain("Job succeeded");
  }, 30_000);

  it("reports a job that fails", async () => {
    const [created] = gitlab.createPipeline(7, [{ name: "break", script: ["exit 3"] }]);
    const { token } = await newRunner(gitlab, 7);
    expect(await runSingle(binary, token)).toBe(0);
    expect(job(created!.id)).toMatchObject({ status: "failed", failureReason: "script_failure" });
  }, 30_000);

  it("ends a job that is cancelled while it runs, its after_script included", async () => {
    const endless = "while true; do echo tick; sleep 0.2; done";
    const [created] = gitlab.createPipeline(7, [
      { name: "long", script: [endless], after_script: ["echo cleaning up"] },
    ]);
    const { token } = await newRunner(gitlab, 7);
    const exit = runSingle(binary, token);
    await until(() => (job(created!.id)?.lastLines.length ?? 0) > 0);
    gitlab.cancelJob(created!.id);
    expect(await exit).toBe(0);
    expect(job(created!.id)?.status).toBe("canceled");
    expect(job(created!.id)?.lastLines.join("\n")).toContain("cleaning up");
  }, 40_000);
});
