import fc from "fast-check";
import { parseClassKey, parseEndOrder, parseEndResult } from "./end-input";
import { anOrder } from "./fakes/items";
import { parseRunnerOrder } from "./runner-order-input";
import { parseStopEvent, saysDead, saysInterrupted, saysNothing } from "./stop-event";

const job = { object_kind: "build", build_id: 7, build_name: "x", build_status: "success", project_id: 1 };

describe("parseStopEvent", () => {
  it("takes a job event", () => {
    expect(parseStopEvent(job)).toMatchObject({ kind: "job", job: { jobId: 7, status: "success" } });
  });

  it("takes absent, null and empty ids as one", () => {
    const expected = { kind: "runner", resourceId: "i-1", reason: "instance running" };
    for (const runnerId of [undefined, null, ""]) {
      expect(parseStopEvent({ runnerId, resourceId: "i-1", reason: "instance running" })).toEqual(expected);
    }
  });

  it.each([
    ["no object", null],
    ["neither id", { runnerId: "", resourceId: "" }],
    ["an id that is text", { runnerId: "12" }],
    ["an id below one", { runnerId: 0 }],
    ["an id beyond 2^53", { runnerId: 2 ** 53 }],
    ["a resource that is a number", { resourceId: 5 }],
    ["a resource without end", { resourceId: "i".repeat(201) }],
    ["a job without a status", { ...job, build_status: "exploded" }],
  ])("F-69 F-70 I-27: refuses %s", (_title, input) => {
    expect(() => parseStopEvent(input)).toThrow(expect.objectContaining({ name: "InvalidInputError" }));
  });

  it("I-24: throws InvalidInputError or parses, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        try {
          parseStopEvent(input);
        } catch (error) {
          expect((error as Error).name).toBe("InvalidInputError");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("trace 7: tells dead from dying, alive and warned", () => {
    const reasons = [
      "instance terminated",
      "instance stopped",
      "instance shutting-down",
      "instance stopping",
      "instance running",
      "instance pending",
      "spot interruption",
      "rebalance recommendation",
      "",
    ].map((reason) => ({ reason }));
    expect(reasons.filter(saysDead).map(({ reason }) => reason)).toEqual([
      "instance terminated",
      "instance stopped",
    ]);
    expect(reasons.filter(saysNothing).map(({ reason }) => reason)).toEqual([
      "instance shutting-down",
      "instance stopping",
      "instance running",
      "instance pending",
    ]);
    expect(reasons.filter(saysInterrupted).map(({ reason }) => reason)).toEqual([
      "spot interruption",
      "rebalance recommendation",
    ]);
  });
});

describe("what tasks hand to each other", () => {
  const facts = { id: 7, projectId: 1, status: "success", startedAt: 5, runnerId: 9 };

  it("an order survives the workflow's JSON", () => {
    const order = { runnerId: 9, reason: "its job ended", isDead: true, endedJob: facts, ownJob: facts };
    expect(parseEndOrder(JSON.parse(JSON.stringify(order)))).toEqual(order);
    const least = { reason: "r", isDead: false };
    expect(parseEndOrder(least)).toEqual(least);
  });

  it.each([
    ["an order without a reason", () => parseEndOrder({ runnerId: 9 })],
    ["an order for runner zero", () => parseEndOrder({ runnerId: 0, reason: "" })],
    ["a job without a status", () => parseEndOrder({ reason: "", endedJob: { id: 1, projectId: 1 } })],
    ["an end without a runner", () => parseEndResult({})],
    ["no class", () => parseClassKey({})],
    ["an order of the other carrier", () => parseRunnerOrder(anOrder(), "LAMBDA")],
    ["an order without tags", () => parseRunnerOrder({ ...anOrder(), tags: "ec2" }, "EC2")],
    ["an order that is a list", () => parseRunnerOrder([], "EC2")],
  ])("refuses %s", (_title, parse) => {
    expect(parse).toThrow(expect.objectContaining({ name: "InvalidInputError" }));
  });

  it("an end tells whether the record is gone, and nothing else counts", () => {
    expect(parseEndResult({ runnerId: 9, recordDeleted: true, resourceId: "i-victim" })).toEqual({
      runnerId: 9,
      recordDeleted: true,
    });
    expect(parseEndResult({ runnerId: 9 })).toEqual({ runnerId: 9, recordDeleted: false });
  });

  it("an order passes as it is", () => {
    expect(parseRunnerOrder(anOrder(), "EC2")).toEqual(anOrder());
    expect(parseClassKey({ classKey: "EC2#default" })).toBe("EC2#default");
  });
});
