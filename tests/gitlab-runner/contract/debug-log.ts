import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { withRunner } from "../runner-under-test";
import { JOB, type Subject, slowCase } from "./cases";

const closedPort = async (): Promise<number> => {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const OVER = "Waiting for build to finish...";
/** Ends when it is killed, and at its own time when nobody does. */
const STUBBORN = ["trap '' TERM", "echo begun", "for i in $(seq 40); do sleep 0.5; done"];

/** What it says in its log at debug level, by which the handler knows what goes on. */
export const describeDebugLog = (subject: Subject): void => {
  const { name, fast, faster } = subject;
  const slow = slowCase(subject);
  describe(`${name}: its log at debug level`, () => {
    it.concurrent(
      "tells that there is no job",
      withRunner(fast, async (runner) => {
        await runner.start({ waitTimeout: 1 });
        await runner.ended();
        const line = runner.lines.find(({ msg }) => /^Checking for jobs\.\.\.\s*no content$/.test(msg));
        expect(line).toMatchObject({ level: "debug", status: expect.stringMatching(/^204/) });
      }),
    );

    it.concurrent.each([
      { status: 401, level: "warning", text: "failed", reason: /: 401 Unauthorized/ },
      { status: 403, level: "error", text: "forbidden", reason: /: 403 Forbidden/ },
      { status: 422, level: "warning", text: "failed", reason: /: 422 Unprocessable Entity/ },
      { status: 503, level: "warning", text: "GitLab instance currently unavailable", reason: /503/ },
    ])("tells of a $status, with the reason in the field status", ({ status, level, text, reason }) =>
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = () => ({ status, body: { message: "no" } });
        await runner.start({ waitTimeout: 1 });
        await runner.gitlab.until(() => runner.said("Checking for jobs..."));
        expect(runner.lines.find(({ msg }) => msg === `Checking for jobs... ${text}`)).toMatchObject({
          level,
          status: expect.stringMatching(reason),
        });
        runner.signal("SIGTERM");
        await runner.ended();
      })(),
    );

    it.concurrent.each([
      { what: "a closed port", url: async () => `http://127.0.0.1:${await closedPort()}`, reason: /refused/ },
      { what: "an unknown name", url: async () => "http://no-such-host.invalid", reason: /lookup/ },
    ])("tells that it did not reach GitLab: $what", ({ url, reason }) =>
      withRunner(fast, async (runner) => {
        await runner.start({ waitTimeout: 1, url: await url() });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.lines.find(({ msg }) => msg === "Checking for jobs... failed")).toMatchObject({
          level: "warning",
          status: expect.stringMatching(reason),
        });
      })(),
    );

    it.concurrent(
      "tells that a job is over at its timeout, before its script has ended",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: STUBBORN, timeoutSeconds: 1 });
        await runner.start();
        await runner.gitlab.until(() => runner.said(OVER));
        expect(runner.said("Job failed")).toBe(false);
        const line = runner.lines.find(({ msg }) => msg === OVER);
        expect(line).toMatchObject({ level: "debug", job: JOB, error: expect.any(String) });
      }),
    );

    it.concurrent.each([
      { status: "canceled", isOver: true },
      { status: "canceling", isOver: false },
    ])("$status: tells that the whole job is over: $isOver", ({ status, isOver }) =>
      withRunner(fast, async (runner) => {
        runner.gitlab.answer = (seen) => {
          if (seen.method !== "PATCH") return undefined;
          const end = String(seen.headers["content-range"]).split("-")[1];
          return { status: 202, headers: { "Job-Status": status, Range: `0-${end}` } };
        };
        runner.gitlab.push({ id: JOB, script: STUBBORN });
        await runner.start();
        await runner.gitlab.until(() => runner.lines.some((line) => line["job-status"] === status));
        await runner.seconds(1);
        expect(runner.said(OVER)).toBe(isOver);
        expect(runner.said("Job failed")).toBe(false);
      })(),
    );

    it.concurrent(
      "tells when after_script begins",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"], afterScript: ["true"] });
        await runner.start();
        await runner.ended();
        const stages = runner.lines.filter(({ msg }) => msg === "Executing build stage");
        expect(stages.map((line) => line.build_stage)).toEqual(
          expect.arrayContaining(["step_script", "after_script"]),
        );
        expect(stages.every(({ level, job }) => level === "debug" && job === JOB)).toBe(true);
      }),
    );

    it.concurrent(
      "shows no token in it",
      withRunner(fast, async (runner) => {
        runner.gitlab.push({ id: JOB, script: ["true"] });
        await runner.start();
        await runner.ended();
        expect(runner.stderr).not.toMatch(/glrt-abcdefghijk|job-token-7/);
      }),
    );

    slow(
      "waits five minutes for a script that does not end when its job is over",
      withRunner(faster, async (runner) => {
        runner.gitlab.push({ id: JOB, script: STUBBORN, timeoutSeconds: 1 });
        const start = performance.now();
        await runner.start();
        await runner.ended();
        // gitlab-runner's own five minutes, as in the title.
        expect(performance.now() - start).toBeGreaterThan(300_000 * faster.scale);
        expect(runner.gitlab.updates(JOB).at(-1)).toMatchObject({ failure_reason: "job_execution_timeout" });
      }),
    );
  });
};
