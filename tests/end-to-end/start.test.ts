import { stripVTControlCharacters } from "node:util";
import { SAMPLE_JOBS } from "../../local/gitlab";
import { ownedProcesses } from "../../local/process/owned-processes";
import { START_MS, until } from "./engine";
import {
  endAllStarts,
  expectNothingLeft,
  folderOf,
  isServing,
  ready,
  runFolders,
  type Start,
  start,
  startInTerminal,
} from "./starts";

afterAll(endAllStarts);

const HEAD = "│ Job";
const CTRL_C = "\u0003";

/** The lines of the summary, as they stand in the terminal. */
const summaryLines = (run: Start): readonly string[] => {
  const lines = stripVTControlCharacters(run.out()).replaceAll("\r", "").split("\n");
  const first = lines.findIndex((line) => line.startsWith(HEAD)) - 1;
  const last = lines.findIndex((line) => line.startsWith("Remaining: "));
  return lines.slice(first, last + 1);
};

/** Each job's cells, joined where they take several lines. */
const summaryRows = (lines: readonly string[]): readonly (readonly string[])[] => {
  const groups: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("├") || line.startsWith("┌")) groups.push([]);
    else if (line.startsWith("│"))
      line
        .split("│")
        .slice(1, -1)
        .forEach((cell, index) => {
          const group = groups.at(-1) ?? [];
          group[index] = [group[index], cell.trim()].filter(Boolean).join(" ");
        });
  }
  return groups.slice(1);
};

/** State and provider of each sample job, and a word of its log without blanks. */
const SUMMARY: Readonly<Record<string, readonly [state: string, provider: string, log: string]>> = {
  hello: ["success", "Lambda", "HellofromLinux"],
  "unit tests": ["success", "Lambda", "test3passed"],
  "image build": ["success", "EC2", "cleanedup"],
  "api tests": ["success", "MicroVM", "request2answered"],
  "broken check": ["failed", "Lambda", "expected4,got5"],
  deploy: ["canceled", "none", ""],
};

const expectSummary = async (run: Start, columns: number): Promise<void> => {
  await until("the sample has run", START_MS, () => {
    if (run.child.exitCode !== null) throw new Error(`It ended: ${run.out()}`);
    return run.out().includes("Ctrl-C stops everything");
  });
  const lines = summaryLines(run);
  expect(Object.keys(SUMMARY)).toEqual(SAMPLE_JOBS.map(({ name }) => name));
  expect(lines.at(-1)).toContain("0 runner records in GitLab, 0 instances, 0 MicroVMs, 0 open ledger items");
  expect(run.out()).toMatch(/Command line, in another terminal: \. \S+\/env && npx runners status/);
  expect(new Set(lines.slice(0, -1).map(({ length }) => length))).toEqual(new Set([columns]));
  const rows = summaryRows(lines.slice(0, -1));
  expect(rows.map(([name, state, provider]) => [name, state, provider])).toEqual(
    Object.entries(SUMMARY).map(([name, [state, provider]]) => [name, state, provider]),
  );
  rows.forEach(([, , , , log = ""], index) => {
    expect(log.replaceAll(" ", "")).toContain(Object.values(SUMMARY)[index]?.[2]);
  });
};

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
        "imageUri",
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
    "in a terminal of 80 and of 160 columns it shows the sample's summary in full, and Ctrl-C leaves nothing",
    async () => {
      const [narrow, wide] = [startInTerminal(80), startInTerminal(160)];
      await expectSummary(narrow, 80);
      await expectSummary(wide, 160);
      for (const run of [narrow, wide]) {
        const folder = folderOf(run);
        run.child.stdin?.write(CTRL_C);
        expect(await run.exitCode()).toBe(0);
        await expectNothingLeft(run, folder);
      }
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
