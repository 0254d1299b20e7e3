import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { ownedProcesses } from "../../local/process/owned-processes";
import { START_MS, until } from "./engine";

/** One `npm start` with a home and a temporary folder of its own. */
interface Start {
  readonly child: ChildProcess;
  readonly home: string;
  readonly temp: string;
  out(): string;
  errors(): string;
  exitCode(): Promise<number | null>;
}

interface Ready {
  readonly webhook: string;
  readonly token: string;
  readonly gitlab: string;
  readonly accessToken?: string;
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
}

const scratch = mkdtempSync(join(tmpdir(), "gitlab-runners-start-"));
const children: ChildProcess[] = [];

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Start => {
  const own = mkdtempSync(join(scratch, "run-"));
  const [home, temp] = [join(own, "home"), join(own, "temp")];
  for (const folder of [home, temp]) mkdirSync(folder);
  const child = spawn(process.execPath, [join(ROOT, "local/start.mjs"), ...args], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: temp, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const written = { out: "", errors: "" };
  child.stdout.on("data", (chunk: Buffer) => (written.out += chunk));
  child.stderr.on("data", (chunk: Buffer) => (written.errors += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, home, temp, out: () => written.out, errors: () => written.errors, exitCode: () => ended };
};

const ready = async (run: Start): Promise<Ready> => {
  await until("the ready line", START_MS, () => {
    if (run.child.exitCode !== null) throw new Error(`It ended: ${run.errors()}`);
    return run.out().includes("\n");
  });
  return JSON.parse(run.out()) as Ready;
};

const runFolders = (run: Start): string[] =>
  readdirSync(run.temp).filter((name) => name.startsWith("gitlab-runners-"));

/** Waits until nothing runs any more and nothing is left in the home and the temporary folder. */
const expectNothingLeft = async (run: Start, folder: string): Promise<void> => {
  await until("its folder is gone", 20_000, () => runFolders(run).length === 0);
  const variable = `GLR_LAPTOP_RUN=${folder}`;
  expect(ownedProcesses({ variable, folder })).toEqual([]);
  expect(readdirSync(run.home)).toEqual([]);
  expect(
    readdirSync(run.temp).filter((name) => name !== "node-compile-cache" && !name.startsWith("tsx-")),
  ).toEqual([]);
};

const folderOf = (run: Start): string => join(run.temp, runFolders(run)[0] ?? "none");

const isServing = async ({ webhook }: Ready): Promise<boolean> =>
  (await fetch(webhook, { method: "POST", body: "{}" })).status === 401;

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});

describe("npm start", () => {
  it(
    "two runs serve at once, and each ends on SIGTERM without disturbing the other or leaving anything",
    async () => {
      const first = start(["--headless"]);
      const second = start(["--headless", "--webhook-token", "the-second-secret"]);
      const [one, other] = [await ready(first), await ready(second)];
      expect(one.endpoint).not.toBe(other.endpoint);
      expect(one.webhook).not.toBe(other.webhook);
      expect(other.token).toBe("the-second-secret");
      expect(Object.keys(one).sort()).toEqual([
        "accessToken",
        "endpoint",
        "env",
        "gitlab",
        "token",
        "webhook",
      ]);

      const taken = start(["--headless", "--port", new URL(one.webhook).port]);
      expect(await taken.exitCode()).toBe(1);
      expect(taken.errors()).toContain(`Port ${new URL(one.webhook).port} is taken`);
      expect(taken.out()).toBe("");

      const folder = folderOf(first);
      first.child.kill("SIGTERM");
      expect(await first.exitCode()).toBe(0);
      await expectNothingLeft(first, folder);
      expect(await isServing(other)).toBe(true);

      const secondFolder = folderOf(second);
      const [engine] = ownedProcesses({ variable: `GLR_LAPTOP_RUN=${secondFolder}`, folder: secondFolder });
      process.kill(engine!, "SIGKILL");
      expect(await second.exitCode()).toBe(1);
      expect(second.errors()).toMatch(/^The engine \(MiniStack\) ended by itself \(SIGKILL\)\. [^\n]+$/m);
      await expectNothingLeft(second, secondFolder);
    },
    2 * START_MS,
  );

  it(
    "leaves nothing when it is killed while it deploys",
    async () => {
      const run = start(["--headless"]);
      await until("it deploys", START_MS, () => run.errors().includes("Infrastructure deployed"));
      const folder = folderOf(run);
      run.child.kill("SIGKILL");
      await run.exitCode();
      await expectNothingLeft(run, folder);
    },
    START_MS,
  );

  it(
    "serves a real GitLab, warns whose jobs run here, and keeps the access token out of the ready line",
    async () => {
      const run = start(["--headless", "--gitlab", "http://127.0.0.1:9"], {
        GITLAB_ACCESS_TOKEN: "glpat-of-nobody",
      });
      const line = await ready(run);
      expect(line.gitlab).toBe("http://127.0.0.1:9");
      expect(line).not.toHaveProperty("accessToken");
      expect(run.errors()).toMatch(
        /Jobs of http:\/\/127\.0\.0\.1:9 will run on this machine, as the user \S+/,
      );
      expect(run.errors()).toContain(line.webhook);
      expect(`${run.out()}${run.errors()}`).not.toContain("glpat-of-nobody");
      const folder = folderOf(run);
      run.child.kill("SIGINT");
      expect(await run.exitCode()).toBe(0);
      await expectNothingLeft(run, folder);
    },
    START_MS,
  );

  it.each([
    [["--headles"], 2, "unknown option"],
    [["--port", "many"], 2, "from 1 to 65535"],
    [["--gitlab", "http://gitlab.example.com"], 2, "https://"],
    [["--gitlab", "https://gitlab.example.com"], 2, "GITLAB_ACCESS_TOKEN"],
    [["extra"], 2, "too many arguments"],
  ])(
    "refuses %j with exit code %i and says why",
    async (args, exitCode, why) => {
      const run = start(args);
      expect(await run.exitCode()).toBe(exitCode);
      expect(run.errors()).toContain(why);
      expect(run.out()).toBe("");
    },
    60_000,
  );

  it("prints its help on stdout and starts nothing", async () => {
    const run = start(["--help"]);
    expect(await run.exitCode()).toBe(0);
    expect(run.out()).toContain("--headless");
    expect(runFolders(run)).toEqual([]);
  }, 60_000);
});
