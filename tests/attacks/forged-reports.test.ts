import { gzipSync } from "node:zlib";
import { MAX_REPORTS } from "../../AutoScaler/src/timing";
import { endsIn } from "../../Infrastructure/src/end-reports";
import { HOUR, settle, simulationWith } from "../simulation/scenario-parts";
import type { Job } from "../simulation/world/gitlab";
import type { Simulation } from "../simulation/world/world";

/**
 * A job got hold of its Lambda runner's role and writes whatever lines it likes into the runners' log group, in streams
 * of any name. It knows its own request id; another's are 122 random bits that nobody shows it. Some tests give it
 * those all the same.
 */

const report = (requestId: string, status = "success"): string =>
  JSON.stringify({ type: "platform.report", record: { requestId, status } });

const requestIdOf = (world: Simulation, job: Job): string =>
  world.table.runners.get(job.runnerId ?? 0)?.resourceId ?? "";

const twoJobs = async () => {
  const world = simulationWith();
  const victim = world.addJob({ kind: "lambda", projectId: 1, seconds: 500 });
  const forger = world.addJob({ kind: "lambda", projectId: 2, seconds: 500 });
  await world.run(30);
  expect([victim.status, forger.status]).toEqual(["running", "running"]);
  return { world, victim, forger };
};

/** Every ten seconds the same line, in a stream of a new name each time. */
const forge = async (world: Simulation, line: string, seconds = 300): Promise<void> => {
  for (let time = 0; time < seconds; time += 10) {
    world.reports.write([line], `forged ${time}`);
    await world.run(10);
  }
};

describe("who writes forged reports of ends", () => {
  it("T-6 T-16: ends nothing with request ids that it guesses", async () => {
    const { world, victim, forger } = await twoJobs();
    for (let guess = 0; guess < 30; guess += 1) {
      world.reports.write(
        [report(`deadbeef-0000-4000-8000-${guess.toString(16).padStart(12, "0")}`)],
        "forged",
      );
      await world.run(10);
    }
    await settle(world, HOUR);
    expect([victim.status, forger.status]).toEqual(["success", "success"]);
  });

  it("T-6 I-3: ends no other job's runner that speaks to GitLab, even with its request id", async () => {
    const { world, victim, forger } = await twoJobs();
    world.gitLab.beginReports(victim.runnerId ?? 0, 30_000);
    await forge(world, report(requestIdOf(world, victim)));
    expect(world.gitLab.records.has(victim.runnerId ?? 0)).toBe(true);
    await settle(world, HOUR);
    expect([victim.status, forger.status]).toEqual(["success", "success"]);
  });

  it("T-6: can have its own silent runner's record ended, which harms its own job at most", async () => {
    const { world, victim, forger } = await twoJobs();
    world.gitLab.beginReports(forger.runnerId ?? 0, 240_000);
    await forge(world, report(requestIdOf(world, forger)), 100);
    expect(world.gitLab.records.has(forger.runnerId ?? 0)).toBe(false);
    expect(world.gitLab.records.has(victim.runnerId ?? 0)).toBe(true);
    await world.settle(HOUR);
    expect(victim.status).toBe("success");
    expect(world.checks.broken).toEqual([
      expect.stringContaining(
        `I-3: deleted the record of runner ${String(forger.runnerId)} while job ${forger.id}`,
      ),
    ]);
  });

  it("T-6: hides its own end at most, and the limits find it", async () => {
    const { world, victim, forger } = await twoJobs();
    const requestId = requestIdOf(world, forger);
    const machine = world.machines.byRunner.get(forger.runnerId ?? 0);
    for (const stream of ["a", "b"]) {
      world.reports.write([JSON.stringify({ code: "ROW_TAKEN_BEFORE", requestId })], stream);
    }
    if (machine !== undefined) world.machines.endFunction(machine, "error");
    await settle(world, 2 * HOUR);
    expect([victim.status, forger.status]).toEqual(["success", "failed"]);
  });

  it("T-6 I-25: makes little work: no more than six reports of a runner ask GitLab anything", async () => {
    const { world, victim } = await twoJobs();
    world.gitLab.beginReports(victim.runnerId ?? 0, 30_000);
    const before = world.calls.counts.get("gitLab.runner") ?? 0;
    await forge(world, report(requestIdOf(world, victim)), 400);
    // At the report, and when the end looks for a sign of life.
    const callsOfAReport = 2;
    const calls = (world.calls.counts.get("gitLab.runner") ?? 0) - before;
    expect(calls).toBeLessThanOrEqual(callsOfAReport * MAX_REPORTS);
  });
});

const delivered = (lines: readonly unknown[], more: object = {}) => {
  const logEvents = lines.map((message, id) => ({ id: String(id), timestamp: 1, message }));
  const data = { messageType: "DATA_MESSAGE", logGroup: "g", logStream: "s", logEvents, ...more };
  return { awslogs: { data: gzipSync(JSON.stringify(data)).toString("base64") } };
};

const ID = "6f1c0000-0000-4000-8000-000000000000";

describe("the function behind the log", () => {
  const NO_ROW = JSON.stringify({ code: "ROW_TAKEN_BEFORE", requestId: ID, about: "platform.report" });
  const environment = expect.stringMatching(/^[0-9a-f]{16}$/);

  it("takes Lambda's reports, each once", () => {
    const lines = [report(ID), "platform.report", report(ID)];
    expect(endsIn(delivered(lines))).toEqual([{ requestId: ID, status: "success", environment }]);
  });

  it("F-41: takes a delivery that found no row for that, and its report for none", () => {
    const end = { requestId: ID, status: "no-row", environment };
    expect(endsIn(delivered([NO_ROW, report(ID)]))).toEqual([end]);
    expect(endsIn(delivered([report(ID), NO_ROW]))).toEqual([end]);
    expect(endsIn(delivered([NO_ROW]))).toEqual([end]);
  });

  it.each<readonly [string, unknown]>([
    ["an instance for a request id", report("i-0abc")],
    ["a MicroVM for a request id", report(`microvm-${ID}`)],
    ["a request id with more behind it", report(`${ID}\n`)],
    ["a status that Lambda does not know", report(ID, "job-ended")],
    [
      "another type",
      JSON.stringify({ type: "platform.start", record: { requestId: ID, status: "success" } }),
    ],
    ["a record that is a list", JSON.stringify({ type: "platform.report", record: [ID] })],
    ["no JSON", "REPORT RequestId: 6f1c"],
    ["a number", 5],
    ["null", null],
  ])("T-6: takes no %s", (_, line) => {
    expect(endsIn(delivered([line]))).toEqual([]);
  });

  it.each<readonly [string, unknown]>([
    ["no data", {}],
    ["null", null],
    ["what is no gzip", { awslogs: { data: "AAAA" } }],
    ["a control message", delivered([report(ID)], { messageType: "CONTROL_MESSAGE" })],
    [
      "what unpacks to a hundred megabytes",
      {
        awslogs: { data: gzipSync(Buffer.alloc(100_000_000, 32)).toString("base64") },
      },
    ],
  ])("T-6 T-21: survives %s", (_, event) => {
    jest.spyOn(process.stdout, "write").mockReturnValue(true);
    expect(endsIn(event)).toEqual([]);
    jest.restoreAllMocks();
  });

  it("T-31: hands on no text of a line or a stream's name", () => {
    const line = JSON.stringify({
      type: "platform.report",
      record: { requestId: ID, status: "success", reason: "secret-words" },
    });
    const text = JSON.stringify(endsIn(delivered([line], { logStream: "secret-words" })));
    expect(text).not.toContain("secret-words");
  });
});
