import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { clientSettings } from "../../local/laptop/client-settings";
import { ROOT } from "../../local/laptop/run-folder";
import { type ApiJob, gitlabApi, START_MS, until } from "./engine";
import { launchedInstances } from "./launched-instances";
import { endAllStarts, expectNothingLeft, folderOf, type Ready, ready, type Start, start } from "./starts";

/** From an empty laptop to jobs and back by `deploy` and `undeploy` alone, in a clone of its own. */

const PROJECT = 42;
const NAMES = ["infrastructure", "lambda-shell-runner", "autoscaler"].map((name) => `gitlab-runners-${name}`);
/** A deployment takes a minute on two cores that have other things to do, and a draining as long. */
const STEP_MS = 300_000;

const clone = mkdtempSync(join(tmpdir(), "gitlab-runners-clone-"));
/** What SAM leaves of a build that is killed is not the laptop's. */
const scratch = mkdtempSync(join(tmpdir(), "gitlab-runners-scratch-"));
const answersFile = join(scratch, "answers.json");
let laptop: Start;
let line: Ready;

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
    cwd: clone,
    encoding: "utf8",
  });

/** The files of this clone as they are, with what is installed here. */
const makeClone = (): void => {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(ROOT, file), join(clone, file), { verbatimSymlinks: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  mkdirSync(join(clone, ".local"));
  symlinkSync(join(ROOT, ".local", "venv"), join(clone, ".local", "venv"));
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "as it is");
};

interface EndedCommand {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

const commands = new Set<ChildProcess>();

/** `npm run <args>` as users give it, with the variables of the laptop's ready line. Results: stdout of the command. */
const npm = (args: readonly string[], onStarted: (child: ChildProcess) => void = () => undefined) =>
  new Promise<EndedCommand>((resolve) => {
    const child = spawn("npm", ["run", "--silent", ...args], {
      cwd: clone,
      // A group of its own, so that all of it can be ended.
      detached: true,
      env: {
        PATH: process.env.PATH,
        HOME: laptop.home,
        TMPDIR: scratch,
        ...line.env,
        SAM_CLI_POLL_DELAY: "0.5",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    commands.add(child);
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.on("close", (exitCode) => {
      commands.delete(child);
      resolve({ exitCode, out, err });
    });
    onStarted(child);
  });

const killGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
};

const gitlab = () => gitlabApi({ gitlabUrl: line.gitlab, standIn: { accessToken: line.accessToken ?? "" } });

const statusOf = async (name: string): Promise<string> => {
  const client = new CloudFormationClient(clientSettings(line.env));
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.[0]?.StackStatus ?? "none";
  } catch {
    return "none";
  } finally {
    client.destroy();
  }
};

/** Runs a job to its end. @returns what it wrote */
const logOf = async (name: string, tags: readonly string[]): Promise<string> => {
  const [job] = await gitlab().pipeline(PROJECT, [{ name, tags, script: [`echo "$0 says ${name}"`] }]);
  const { id = 0 } = job ?? {};
  let seen: ApiJob | undefined;
  await until(`job ${name} has ended`, 120_000, async () => {
    seen = await gitlab().job(PROJECT, id);
    return ["success", "failed", "canceled"].includes(seen.status);
  });
  expect([name, seen?.status]).toEqual([name, "success"]);
  return gitlab().trace(PROJECT, id);
};

const launched = (): Promise<number> => launchedInstances(line.env);

beforeAll(async () => {
  makeClone();
  laptop = start(["--headless", "--empty"]);
  line = await ready(laptop);
  const answers = {
    gitlabUrl: line.gitlab,
    accessToken: line.accessToken,
    projects: [String(PROJECT), "team/*"],
    imageUri: line.imageUri,
  };
  writeFileSync(answersFile, JSON.stringify(answers), { mode: 0o600 });
}, START_MS);

afterAll(() => {
  for (const child of commands) killGroup(child);
  endAllStarts();
  rmSync(clone, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

it(
  "goes on after it was killed while a stack was being made, and ends with a job that succeeded",
  async () => {
    const killed = await npm(["deploy", "--", "--answers", answersFile, "--yes"], (child) => {
      void until(
        "the first stack is there",
        STEP_MS,
        async () => (await statusOf(NAMES[0] ?? "")) !== "none",
      ).then(
        () => killGroup(child),
        () => killGroup(child),
      );
    });
    expect(killed.exitCode).toBeNull();
    const { exitCode, out, err } = await npm([
      "deploy",
      "--",
      "--answers",
      answersFile,
      "--yes",
      "--test-job",
      "--json",
    ]);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ healthy: true, testJob: { status: "success" } });
    expect(await Promise.all(NAMES.map(statusOf))).toEqual([
      expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/),
      expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/),
      expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/),
    ]);
  },
  3 * STEP_MS,
);

it(
  "a job runs on EC2 and one on Lambda, by webhooks that the command made and by their tags alone",
  async () => {
    // The test job ran on Lambda.
    expect(await launched()).toBe(0);
    expect(await logOf("on-ec2", ["aws:ec2"])).toContain("says on-ec2");
    expect(await launched()).toBe(1);
    expect(await logOf("on-lambda", ["aws:lambda"])).toContain("says on-lambda");
    expect(await launched()).toBe(1);
  },
  STEP_MS,
);

it(
  "a repeat is an update without changes, and the clone stays clean",
  async () => {
    const { exitCode, out, err } = await npm(["deploy", "--", "--yes", "--json"]);
    expect([exitCode, exitCode === 0 ? "" : err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ changedStacks: [], healthy: true });
    expect(git("status", "--porcelain")).toBe("");
  },
  STEP_MS,
);

it(
  "undeploy leaves nothing but what it says it keeps, and --all nothing of ours",
  async () => {
    const names = ["--name", "gitlab-runners", "--yes", "--json"];
    const removed = await npm(["undeploy", "--", ...names]);
    expect([removed.exitCode, removed.exitCode === 0 ? "" : removed.err]).toEqual([0, ""]);
    const { kept } = JSON.parse(removed.out) as {
      readonly kept: { tables: string[]; parameters: string[]; buckets: string[] };
    };
    const settings = clientSettings(line.env);
    const [dynamoDb, ssm, lambda, s3] = [
      new DynamoDBClient(settings),
      new SSMClient(settings),
      new LambdaClient(settings),
      new S3Client(settings),
    ];
    const left = async () => {
      const { TableNames = [] } = await dynamoDb.send(new ListTablesCommand({}));
      const { Parameters = [] } = await ssm.send(
        new GetParametersByPathCommand({ Path: "/", Recursive: true }),
      );
      const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      return {
        tables: TableNames.sort(),
        parameters: Parameters.map(({ Name }) => Name).sort(),
        functions: Functions.map(({ FunctionName }) => FunctionName),
        // SAM's own stays.
        buckets: Buckets.flatMap(({ Name = "" }) => (Name.startsWith("aws-sam-cli-") ? [] : [Name])),
      };
    };
    expect(await left()).toEqual({
      tables: [...kept.tables].sort(),
      parameters: [...kept.parameters].sort(),
      functions: [],
      buckets: kept.buckets,
    });
    expect(kept.tables).toHaveLength(2);
    expect(kept.buckets).toHaveLength(1);
    expect(await Promise.all(NAMES.map(statusOf))).toEqual(["none", "none", "none"]);
    const webhooks = await gitlab().call("GET", `/api/v4/projects/${PROJECT}/hooks`);
    expect(await webhooks.json()).toEqual([]);
    const all = await npm(["undeploy", "--", "--all", ...names]);
    expect([all.exitCode, all.exitCode === 0 ? "" : all.err]).toEqual([0, ""]);
    expect(await left()).toEqual({ tables: [], parameters: [], functions: [], buckets: [] });
    for (const client of [dynamoDb, ssm, lambda, s3]) client.destroy();
  },
  2 * STEP_MS,
);

it("the laptop leaves nothing behind, whatever was deployed", async () => {
  const folder = folderOf(laptop);
  laptop.child.kill("SIGTERM");
  expect(await laptop.exitCode()).toBe(0);
  // What SAM keeps in a user's home is the user's.
  rmSync(join(laptop.home, ".aws-sam"), { recursive: true, force: true });
  rmSync(join(laptop.home, ".npm"), { recursive: true, force: true });
  await expectNothingLeft(laptop, folder);
}, 60_000);
