import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { readTemplate } from "../templates/read-template";
import { type CopiedClone, copyClone } from "./copied-clone";
import { gitlabApi, START_MS, until } from "./engine";
import { launchedInstances } from "./launched-instances";
import { endAllStarts, PYTHON, type Ready, ready, type Start, start } from "./starts";

/**
 * From an empty laptop to a job by `sam deploy --guided` with Enter at every question, by the SAM CLI itself on a terminal of its
 * own. Without the Lambda runner, whose image takes Docker: then all jobs get EC2 runners, as the documents say.
 */

const PROJECT = 42;
const STEP_MS = 300_000;
const SAM = join(ROOT, ".local/venv/bin/sam");
/** SAM's own: name, region, changes, roles, rollback, and three about where the answers are kept. */
const OF_SAM = 8;

let clone: CopiedClone;
let laptop: Start;
let line: Ready;
const scratch = mkdtempSync(join(tmpdir(), "gitlab-runners-scratch-"));

const children = new Set<ChildProcess>();

interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

const run = (
  [program = "", ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
) =>
  new Promise<Ended>((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: {
        PATH: `${join(ROOT, ".local/venv/bin")}${delimiter}${process.env.PATH}`,
        HOME: scratch,
        TMPDIR: scratch,
        SAM_CLI_TELEMETRY: "0",
        SAM_CLI_POLL_DELAY: "0.5",
        ...line.env,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("close", (exitCode) => {
      children.delete(child);
      resolve({ exitCode, out, err });
    });
  });

const runners = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  run([process.execPath, join(ROOT, "HelperScripts/runners.cjs"), ...args], ROOT, env);

beforeAll(async () => {
  clone = copyClone();
  laptop = start(["--headless", "--empty"]);
  line = await ready(laptop);
}, START_MS);

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  endAllStarts();
  clone?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

it.each(["Infrastructure", "AutoScaler"] as const)(
  "%s is deployed by Enter alone, at a question for each parameter and eight of SAM's",
  async (stack) => {
    const folder = join(clone.path, stack);
    const built = await run([SAM, "build", "--config-file", "samconfig.yaml"], folder);
    expect([built.exitCode, built.exitCode === 0 ? "" : built.err]).toEqual([0, ""]);
    const press = [PYTHON, join(__dirname, "press-enter.py")];
    const { exitCode, out, err } = await run([...press, SAM, "deploy", "--guided"], folder);
    expect([exitCode, exitCode === 0 ? "" : out]).toEqual([0, ""]);
    const { parameters } = readTemplate(stack);
    expect(Number(err.trim().split("\n").at(-1))).toBe(Object.keys(parameters).length + OF_SAM);
  },
  STEP_MS,
);

it(
  "configure makes the webhook, and a job runs on an EC2 runner, without a mapping",
  async () => {
    const { gitlab: url, accessToken = "" } = line;
    const options = ["--url", url, "--project", String(PROJECT), "--yes"];
    const configured = await runners(["configure", ...options], { GITLAB_ACCESS_TOKEN: accessToken });
    expect([configured.exitCode, configured.exitCode === 0 ? "" : configured.err]).toEqual([0, ""]);
    const gitlab = gitlabApi({ gitlabUrl: url, standIn: { accessToken } });
    const [job] = await gitlab.pipeline(PROJECT, [
      { name: "first", tags: [], script: ["echo the first of all"] },
    ]);
    const { id = 0 } = job ?? {};
    const status = async () => (await gitlab.job(PROJECT, id)).status;
    await until("the job has ended", 120_000, async () => ["success", "failed"].includes(await status()));
    expect(await status()).toBe("success");
    expect(await gitlab.trace(PROJECT, id)).toContain("the first of all");
    expect(await launchedInstances(line.env)).toBe(1);
  },
  STEP_MS,
);
