import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { marshall } from "@aws-sdk/util-dynamodb";
import { buildSync } from "esbuild";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import { type DynamoServer, serveTables } from "../doubles/dynamodb/server";
import { BOOTSTRAP_TABLE, STACK_TABLES } from "../doubles/dynamodb/stack-tables";
import { DynamoTables } from "../doubles/dynamodb/tables";
import { describeWith } from "../needs";
import { runnerPath } from "./binary";
import { RunnerApiDouble } from "./runner-api-double";

// Real processes on a machine that may be busy.
jest.setTimeout(40_000);

const LOCAL = resolve(__dirname, "../../.local/gitlab-runner");
mkdirSync(LOCAL, { recursive: true });
const folder = mkdtempSync(join(LOCAL, "function-"));
const bundle = join(folder, "invoke.cjs");
const gitlab = new RunnerApiDouble();
const tables = new DynamoTables(STACK_TABLES);
let dynamo: DynamoServer;

beforeAll(async () => {
  buildSync({
    entryPoints: [join(__dirname, "invoke-function.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
  });
  await gitlab.start();
  dynamo = await serveTables(tables);
});
afterAll(async () => {
  await gitlab.stop();
  await dynamo.close();
  rmSync(folder, { recursive: true, force: true });
});

const row = (runnerId: number): { readonly bootstrapKey: string; readonly runnerId: number } => {
  const key = `nonce-${runnerId}`;
  const stored: BootstrapRow = {
    key,
    url: gitlab.url,
    token: "glrt-tokenOfTheRow",
    runnerId,
    provider: "LAMBDA",
    lifetimeSeconds: 900,
    waitTimeoutSeconds: 60,
    privileged: false,
    deletesOwnRecord: false,
    ttl: 4_000_000_000,
  };
  tables.items(BOOTSTRAP_TABLE).set(JSON.stringify([key]), marshall(stored));
  return { bootstrapKey: key, runnerId };
};

const variables = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  BOOTSTRAP_TABLE,
  TENANT_ISOLATION: "off",
  GITLAB_RUNNER: runnerPath(),
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "key",
  AWS_SECRET_ACCESS_KEY: "secretOfTheFunction",
  AWS_ENDPOINT_URL: dynamo.url,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  ...more,
});

/** Starts it and collects its results and what it says. */
const start = (command: readonly string[], env: NodeJS.ProcessEnv) => {
  const [file = "", ...args] = command;
  const child: ChildProcess = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let [said, results] = ["", ""];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => {
      said += text;
    });
  }
  child.stdio[3]?.on("data", (text) => {
    results += text;
  });
  const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  return {
    child,
    ended,
    said: () => said,
    results: () =>
      results
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
  };
};

it("F-41: the function takes a row once, runs its job and finds no row the second time", async () => {
  const root = join(folder, "root");
  const event = row(12);
  gitlab.push({ id: 7, script: ["env", "echo hello"] });
  const run = start(
    [process.execPath, bundle, JSON.stringify([event, event])],
    variables({ RUNNER_ROOT: root }),
  );
  await expect(run.ended).resolves.toBe(0);
  expect(run.results()).toMatchObject([{ kind: "job-ended", status: "success" }, { kind: "no-row" }]);
  expect(gitlab.trace(7)).toContain("hello");
  expect(gitlab.trace(7)).not.toContain("secretOfTheFunction");
  expect(run.said()).not.toContain("tokenOfTheRow");
  expect(readdirSync(root)).toEqual([]);
});

it.each([
  { id: 8, name: "a job that sleeps", script: ["sleep 300"] },
  { id: 18, name: "a job that writes", script: ["while :; do echo x; sleep 1; done"] },
  {
    id: 28,
    name: "a job that ignores SIGTERM",
    script: ["trap '' TERM INT", "while :; do echo x; sleep 1; done"],
  },
])(
  "F-40: SIGTERM ends it within two seconds, $name is reported, and nothing stays",
  async ({ id, script }) => {
    const root = join(folder, "root");
    gitlab.push({ id, script: ["echo begun", ...script] });
    const events = JSON.stringify([row(100 + id)]);
    const run = start([process.execPath, bundle, events], variables({ RUNNER_ROOT: root }));
    await gitlab.until(() => gitlab.trace(id).includes("begun"));
    const since = performance.now();
    run.child.kill("SIGTERM");
    await expect(run.ended).resolves.toBe(0);
    // Two, and a little for a machine that is busy.
    expect(performance.now() - since).toBeLessThan(2_500);
    expect(gitlab.updates(id).at(-1)).toMatchObject({
      state: "failed",
      failure_reason: "runner_interrupted",
    });
    expect(readdirSync(root)).toEqual([]);
  },
);

/** The clone may be below /tmp, which the namespace hides: it is seen there as /mnt. */
const CLONE = resolve(__dirname, "../..");
const inside = (path: string): string => path.replace(CLONE, "/mnt");

/** The runner under test as it is seen there: one from elsewhere is copied into the clone. */
const runnerInside = (): string => {
  const path = runnerPath();
  if (path.startsWith(`${CLONE}/`)) return inside(path);
  const copy = join(folder, "gitlab-runner");
  copyFileSync(path, copy);
  return inside(copy);
};

/** In namespaces of its own: a /tmp and a process list that hold nothing but the function's, as in Lambda. */
const alone = (script: string): readonly string[] => [
  "unshare",
  "--mount",
  "--pid",
  "--fork",
  "--mount-proc",
  "sh",
  "-c",
  `mount --bind '${CLONE}' /mnt && cd /mnt && mount -t tmpfs tmp /tmp && mount -t tmpfs var /var && mkdir -p /var/runtime /var/task && ${script}`,
];
const [unshare = "", ...flags] = alone("true");
const canBeAlone = spawnSync(unshare, flags).status === 0;

describeWith(canBeAlone, "no right to make namespaces")(
  "in an environment as Lambda's, without tenant isolation",
  () => {
    const lambda = { LAMBDA_TASK_ROOT: "/var/task", AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001" };

    it("T-10 I-29: ends even what left every trace of its job, empties /tmp, and spares what was there before", async () => {
      const flee = "ulimit -q 1000; env -i /usr/bin/env -C / setsid -f sleep 30018";
      gitlab.push(
        {
          id: 9,
          script: [
            `(${flee}) >/dev/null 2>&1`,
            "echo left > /tmp/left",
            "mkdir /tmp/deep",
            "chmod 0 /tmp/deep",
            "echo fled: $(cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 3001[8]')",
          ],
        },
        { id: 10, script: ["ls -A /tmp", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"] },
      );
      const events = JSON.stringify([row(14), row(15)]);
      const script = `sleep 30019 & '${process.execPath}' '${inside(bundle)}' '${events}'; code=$?; ls -A /tmp; exit $code`;
      const run = start(alone(script), variables({ ...lambda, GITLAB_RUNNER: runnerInside() }));
      await expect(run.ended).resolves.toBe(0);
      expect(run.results()).toMatchObject([
        { kind: "job-ended", jobId: 9, status: "success" },
        { kind: "job-ended", jobId: 10, status: "success" },
      ]);
      expect(gitlab.trace(9)).toMatch(/^fled: sleep 30018$/m);
      const seen = gitlab.trace(10);
      expect(seen).toMatch(/^job-\w+$/m);
      expect(seen).not.toMatch(/^(left|deep)$/m);
      expect(seen).toContain("sleep 30019");
      expect(seen).not.toContain("sleep 30018");
      expect(run.said()).not.toMatch(/^(job-|left|deep)/m);
    });

    it("T-10 I-29: a job that kills the handler leaves no process, file or folder to the next handler's job", async () => {
      const nest = "name=$(printf 'x%.0s' {1..200}); for _ in {1..60}; do mkdir $name && cd ./$name; done";
      // It also writes anew what is removed as long as it lives.
      const stay =
        "env -i setsid -f bash -c 'trap : TERM; while :; do echo left > /tmp/left; sleep 0.3002; done'";
      gitlab.push(
        {
          id: 19,
          script: [
            "handler=$(awk '{ print $4 }' /proc/$PPID/stat)",
            `(mkdir /tmp/deep && cd /tmp/deep && ${nest})`,
            `(${stay}) >/dev/null 2>&1`,
            "until [ -e /tmp/left ]; do sleep 0.1; done",
            "kill -KILL $handler",
          ],
        },
        { id: 20, script: ["ls -A /tmp", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"] },
      );
      const handle = (event: unknown) =>
        `'${process.execPath}' '${inside(bundle)}' '${JSON.stringify([event])}'`;
      const script = `sleep 30029 & ${handle(row(24))}; echo first: $?; ${handle(row(25))}; echo second: $?`;
      const run = start(alone(script), variables({ ...lambda, GITLAB_RUNNER: runnerInside() }));
      await expect(run.ended).resolves.toBe(0);
      expect(run.said()).toMatch(/^first: 137$[\s\S]*^second: 0$/m);
      expect(run.said()).toContain('"code":"ENVIRONMENT_FOUND_USED"');
      const seen = gitlab.trace(20);
      expect(seen).toMatch(/^job-\w+$/m);
      expect(seen).not.toMatch(/^(left|deep)$/m);
      expect(seen).toContain("sleep 30029");
      expect(seen).not.toContain("sleep 0.3002");
    });
  },
);
