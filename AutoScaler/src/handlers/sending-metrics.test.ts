import type { Context } from "aws-lambda";
import { collectorOf } from "../../../Core/otlp/collector";
import { type CollectorDouble, collectorDouble } from "../../../tests/doubles/otlp/collector";

/** The environment is read as the modules are loaded. */
const load = () => {
  process.env.DEPLOYMENT_ID = "runners";
  let loaded: (typeof import("./sending-metrics") & typeof import("./machine")) | undefined;
  jest.isolateModules(() => {
    loaded = { ...require("./machine"), ...require("./sending-metrics") };
  });
  return loaded!;
};

let collector: CollectorDouble;
let logged: string[];
const before = { ...process.env };
beforeEach(async () => {
  collector = await collectorDouble();
  logged = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => logged.push(`${text}`) > 0);
});
afterEach(async () => {
  process.env = { ...before };
  jest.restoreAllMocks();
  await collector.close();
});

const withTime = (left: number) => ({ getRemainingTimeInMillis: () => left }) as Context;
const find = async () => collectorOf(collector.endpoint);

describe("a handler that sends its metrics", () => {
  it("answers what it answers, when its work is done, and has then sent them", async () => {
    const { machine, sendingMetrics } = load();
    const handler = sendingMetrics(find, async (input) => {
      machine.metric("JobsSeen", 1);
      expect(collector.taken).toEqual([]);
      return input;
    });
    expect(await handler("a", withTime(10_000))).toBe("a");
    expect(collector.refused).toEqual([]);
    expect(JSON.stringify(collector.taken)).toContain('"stringValue":"runners"');
  });

  it("asks for no collector where it has put no metric", async () => {
    const asked = jest.fn(find);
    expect(await load().sendingMetrics(asked, async () => 1)(undefined)).toBe(1);
    expect(asked).not.toHaveBeenCalled();
  });

  it("I-25: throws its own error, and sends what it put before", async () => {
    const { machine, sendingMetrics } = load();
    const handler = sendingMetrics(find, async () => {
      machine.metric("JobsFailed", 1, { reason: "x" });
      throw new Error("own");
    });
    await expect(handler(undefined)).rejects.toThrow("own");
    expect(collector.taken).toHaveLength(1);
  });

  it.each([
    ["the collector is not found out", () => Promise.reject(new Error("OtlpEndpoint is not a valid URL"))],
    ["the collector fails", find],
  ])("I-25: fails no job where %s", async (_, findIt) => {
    collector.behaves("fails");
    const { machine, sendingMetrics } = load();
    const handler = sendingMetrics(findIt, async () => {
      machine.metric("JobsSeen");
      return 1;
    });
    expect(await handler(undefined)).toBe(1);
    expect(logged.filter((line) => line.includes("OTLP_NOT_SENT"))).toHaveLength(1);
  });

  it("leaves metrics out where the function's time is nearly over, and keeps none for the next call", async () => {
    const { keptMetrics, machine, sendingMetrics } = load();
    const handler = sendingMetrics(find, async () => machine.metric("JobsSeen"));
    await handler(undefined, withTime(1_050));
    expect([collector.taken, keptMetrics.isEmpty]).toEqual([[], true]);
  });
});
