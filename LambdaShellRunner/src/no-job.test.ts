import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { scaledRunner } from "../../tests/gitlab-runner/binary";
import { LambdaRunner, type LambdaRunnerOptions } from "../../tests/gitlab-runner/lambda-runner";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

const FAST = scaledRunner(0.05);
/** Two requests at least. */
const WAIT = FAST.scale < 1 ? 800 : 7_000;
let runner: LambdaRunner;
let server: http.Server | undefined;

beforeEach(() => jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

const open = async (options: LambdaRunnerOptions = {}): Promise<LambdaRunner> => {
  runner = await LambdaRunner.open({
    binary: FAST.path,
    timeouts: { wait: WAIT },
    ...options,
  });
  return runner;
};

const listen = async (started: http.Server): Promise<number> => {
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return (started.address() as AddressInfo).port;
};

const closedPort = async (): Promise<number> => {
  const port = await listen(http.createServer());
  await new Promise((resolve) => server?.close(resolve));
  server = undefined;
  return port;
};

/** A server with a certificate that nobody has signed. */
const untrusted = async (folder: string): Promise<number> => {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files],
    {
      stdio: "ignore",
    },
  );
  return listen(https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }));
};

const logged = (code: string): Record<string, unknown>[] =>
  jest
    .mocked(process.stdout.write)
    .mock.calls.map(([text]) => JSON.parse(String(text)))
    .filter((line) => line.code === code);

const metrics = (): unknown[] =>
  jest
    .mocked(process.stdout.write)
    .mock.calls.map(([text]) => JSON.parse(String(text)))
    .filter((entry) => "LambdaRunnerEnded" in entry)
    .map(({ Outcome, Function: name }) => [name, Outcome]);

describe("a runner that GitLab was never reached by", () => {
  it.each<{ name: string; detail: string; url: (folder: string) => Promise<string> }>([
    {
      name: "because nothing listens there",
      detail: "connection",
      url: async () => `http://127.0.0.1:${await closedPort()}`,
    },
    {
      name: "because its name is unknown",
      detail: "name",
      url: async () => "http://gitlab.does-not-exist.invalid",
    },
    {
      name: "because its certificate is not trusted",
      detail: "certificate",
      url: async (folder) => `https://127.0.0.1:${await untrusted(folder)}`,
    },
    {
      name: "because something else answers there",
      detail: "not-gitlab",
      url: async () => {
        const other = http.createServer((_, response) => response.writeHead(404).end("<html>"));
        return `http://127.0.0.1:${await listen(other)}`;
      },
    },
  ])("is a failure that tells why: $name", async ({ detail, url }) => {
    const { folder } = await open();
    runner.row = { url: await url(folder) };
    await expect(runner.invoke(12)).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(/Url/),
    });
    expect(logged("RUNNER_ENDED")).toMatchObject([{ level: "ERROR", outcome: "unreachable", detail }]);
    expect(metrics()).toEqual([["runner-function", "unreachable"]]);
    const messages = logged("RUNNER_LOG").map(({ message }) => String(message));
    expect(messages.some((text) => /^Checking for jobs\.\.\. failed: .{10}/.test(text))).toBe(true);
  });

  it("is told from one for which GitLab was out of order", async () => {
    const { gitlab } = await open();
    gitlab.answer = () => ({ status: 502 });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    expect(logged("RUNNER_ENDED")).toMatchObject([
      { level: "ERROR", outcome: "unreachable", detail: "server" },
    ]);
  });
});

describe("a runner that reached GitLab", () => {
  it("and was told that there is no job, is none that failed", async () => {
    await open();
    await expect(runner.invoke(12)).resolves.toEqual({ kind: "no-job" });
    expect(logged("RUNNER_ENDED")).toMatchObject([{ level: "INFO", outcome: "no-job" }]);
    expect(metrics()).toEqual([["runner-function", "no-job"]]);
  });

  it("and lost it afterwards, is none that failed", async () => {
    const { gitlab } = await open();
    gitlab.answer = (_, count) => (count > 1 ? { status: 502 } : undefined);
    await expect(runner.invoke(12)).resolves.toEqual({ kind: "no-job" });
  });

  it.each([
    { status: 403, detail: "forbidden" },
    { status: 401, detail: "unauthorized" },
    { status: 410, detail: "gone" },
    { status: 422, detail: "orphaned" },
  ])("and was rejected with $status, is no error of the function", async ({ status, detail }) => {
    const { gitlab } = await open();
    gitlab.answer = () => ({ status, body: { message: `${status}` } });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "rejected", detail });
    expect(logged("RUNNER_ENDED")).toMatchObject([{ level: "WARN", outcome: "rejected", detail }]);
    expect(metrics()).toEqual([["runner-function", "rejected"]]);
  });

  it("and was cancelled between its start and its pick-up, raises nothing", async () => {
    const { gitlab } = await open();
    gitlab.push({ id: 7, script: ["true"] });
    gitlab.answer = (seen) =>
      seen.path === "jobs/request"
        ? { status: 403, holdMilliseconds: 300, body: { message: "403 Forbidden" } }
        : undefined;
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "rejected" });
    expect(logged("RUNNER_ENDED").map(({ level }) => level)).toEqual(["WARN"]);
  });

  it("and was asked to wait, says so", async () => {
    const { gitlab } = await open();
    gitlab.answer = () => ({ status: 429, body: {} });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "throttled" });
    expect(logged("RUNNER_ENDED")).toMatchObject([{ level: "WARN", outcome: "throttled" }]);
  });
});
