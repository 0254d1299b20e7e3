import { OPEN_INDEX } from "../../../Core/ledger/keys";
import type { OrderedAttempt } from "../../../Core/model/ledger";
import type { ConsoleAnswers } from "../../testing/console-double";
import { DeploymentDouble, functionArn, NOW } from "../../testing/deployment-double";
import { attempt, DOCKER_CLASS, failedLookUp, order } from "../../testing/items";
import { NamedError } from "../../testing/named-error";

const FILE = "runner-mapping.json";
const HOUR = 3_600_000;

/** Rows of three names; the jobs of the ledger are called "unit tests", with the tags a and b. */
const DOCUMENT = {
  classes: { docker: { type: "EC2", maxRunners: 9 } },
  jobs: [
    { type: "LAMBDA", name: "unit tests", tags: ["a", "b"], lambdaArn: functionArn("new") },
    { type: "EC2", name: "image", tags: ["docker"], class: "docker" },
  ],
};

const failed = (jobId: number, changes: Partial<OrderedAttempt> = {}, runnerClass?: typeof DOCKER_CLASS) =>
  attempt(
    jobId,
    { state: "FAILED", attempt: 3, reason: "launch-refused", times: { FAILED: NOW - HOUR }, ...changes },
    runnerClass,
  );

const prepare = (document: object = DOCUMENT) => {
  const on = new DeploymentDouble();
  on.files.set(FILE, JSON.stringify(document));
  const inputs: Record<string, unknown>[] = [];
  on.answers.set("StartSyncExecutionCommand", ({ input }: { input: string }) => {
    inputs.push(JSON.parse(input));
    const outcome = { kind: "launched", runnerId: 9001, resourceId: "i-0abc" };
    return { status: "SUCCEEDED", output: JSON.stringify({ outcome }) };
  });
  const upload = (options: readonly string[], answers?: ConsoleAnswers) =>
    on.run(["mapping", "upload", FILE, ...options], answers);
  return { on, inputs, upload };
};

describe("mapping upload, of jobs that failed", () => {
  it("--start-failed opens a new attempt for those that the changed rows route, and for no other", async () => {
    const { on, inputs, upload } = prepare();
    on.putLedger(failed(7));
    on.putLedger(failed(8, { order: { ...order(8), jobName: "another" } }));
    on.putLedger(failed(9, { order: { ...order(9), tags: ["c"] } }));
    on.putLedger(failed(10, { times: { FAILED: NOW - 25 * HOUR } }));
    on.putLedger(failed(11, { attempt: 1 }));
    on.putLedger(attempt(11, { attempt: 2, state: "RUNNING", times: { RUNNING: NOW } }));
    const { exitCode, out, err } = await upload(["--yes", "--start-failed"]);
    expect(inputs).toMatchObject([{ build_id: 7, project_id: 42, build_name: "unit tests", again: 3 }]);
    expect(out).toBe("Uploaded: 3 added, 0 changed, 0 removed, 0 as they were.");
    expect(err).toContain("Runner 9001 was started for job 7 (i-0abc).");
    expect(exitCode).toBe(0);
  });

  it("tells jobs by their class, and those whose look-up failed by their name", async () => {
    const { on, inputs, upload } = prepare();
    on.putLedger(failed(7, { order: { ...order(7, DOCKER_CLASS), jobName: "old name" } }, DOCKER_CLASS));
    on.putLedger(failedLookUp(8));
    on.putLedger(failedLookUp(9, { jobName: "another" }));
    await upload(["--yes", "--start-failed"]);
    expect(inputs.map(({ build_id }) => build_id).sort()).toEqual([7, 8]);
  });

  it("counts a row that was removed among the changed ones", async () => {
    const { on, inputs, upload } = prepare({ jobs: [] });
    on.mapping.put({ pk: "job#unit tests", sk: "tags#a#b", type: "LAMBDA", arn: functionArn("gone") });
    on.putLedger(failed(7));
    on.putLedger(failed(8, { order: { ...order(8), jobName: "another" } }));
    await upload(["--yes", "--prune", "--start-failed"]);
    expect(inputs.map(({ build_id }) => build_id)).toEqual([7]);
  });

  it("--yes alone starts nothing, and says how", async () => {
    const { on, inputs, upload } = prepare();
    on.putLedger(failed(7));
    for (const answers of [{}, { answers: [] }]) {
      on.mapping.clear();
      const { exitCode, err } = await upload(["--yes"], answers);
      expect(err).toContain("1 job (7) of these rows failed to start in the last 24 hours.");
      expect(err).toContain("--start-failed with the upload, or npx runners start 7 --again");
      expect(exitCode).toBe(0);
    }
    expect(inputs).toEqual([]);
  });

  it("asks whoever is there, and starts after a yes alone", async () => {
    for (const isWanted of [true, false]) {
      const { on, inputs, upload } = prepare();
      on.putLedger(failed(7));
      const { exitCode, console } = await upload([], { answers: [true, isWanted] });
      expect(console.questions[1]).toBe(
        "1 job (7) of these rows failed to start in the last 24 hours. Start them now?",
      );
      expect(inputs).toHaveLength(isWanted ? 1 : 0);
      expect(exitCode).toBe(0);
    }
  });

  it("--json tells them in the one document, and a start that fails ends with 1", async () => {
    const { on, upload } = prepare();
    on.putLedger(failed(7));
    on.answers.set("StartSyncExecutionCommand", () => ({ status: "FAILED", error: "RunnerNotStarted" }));
    const { exitCode, out } = await upload(["--yes", "--start-failed", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      written: true,
      failedJobs: { found: [7], started: [{ jobId: 7, projectId: 42, result: "failed" }] },
    });
    expect(exitCode).toBe(1);
  });

  it.each([["--dry-run"], ["--dry-run", "--start-failed"]])("%j starts nothing", async (...options) => {
    const { on, inputs, upload } = prepare();
    on.putLedger(failed(7));
    await upload(options);
    expect(inputs).toEqual([]);
  });

  it("an upload counts although the ledger may not be read", async () => {
    const { on, upload } = prepare();
    on.before = ({ command, input }) => {
      if (command === "QueryCommand" && input.IndexName === OPEN_INDEX)
        throw new NamedError("AccessDeniedException");
    };
    const { exitCode, err } = await upload(["--yes"]);
    expect(err).toContain("could not be read from the ledger (AccessDeniedException)");
    expect(exitCode).toBe(0);
  });
});

describe("a function that is not there", () => {
  const missing = functionArn("runner-of-nobody");
  const document = { jobs: [{ type: "LAMBDA", name: "build", tags: ["rt"], lambdaArn: missing }] };

  it.each([
    ["upload", "--yes"],
    ["check", "--stack-name", "gitlab-runners-autoscaler"],
  ])(
    "is refused by mapping %s at the entry that names it, and nothing is written",
    async (command, ...options) => {
      const { on } = prepare(document);
      const { exitCode, err } = await on.run(["mapping", command, FILE, ...options]);
      expect(err).toContain(
        `${FILE}:1:10: error: jobs[0].lambdaArn names ${missing}, and there is no such function: deploy it first, or correct it`,
      );
      expect(exitCode).toBe(1);
      expect(on.writes()).toEqual([]);
    },
  );

  it("is not taken for one that may not be looked at", async () => {
    const { on, upload } = prepare(document);
    on.before = ({ command, input }) => {
      if (command === "GetFunctionConfigurationCommand" && input.FunctionName === missing)
        throw new NamedError("AccessDeniedException");
    };
    const { exitCode, err } = await upload(["--yes"]);
    expect(err).toContain(
      `warning: jobs[0].lambdaArn names ${missing}, which could not be looked at (AccessDeniedException)`,
    );
    expect(exitCode).toBe(0);
  });
});
