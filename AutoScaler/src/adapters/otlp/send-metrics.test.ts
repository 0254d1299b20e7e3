import { collectorOf } from "../../../../Core/otlp/collector";
import { type CollectorDouble, collectorDouble } from "../../../../tests/doubles/otlp/collector";
import { fakeClock, fakeMetrics } from "../../testing/fakes";
import { KeptMetrics } from "./kept-metrics";
import { MetricsSender } from "./send-metrics";

let collector: CollectorDouble;
let logged: string[];
beforeEach(async () => {
  collector = await collectorDouble();
  logged = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => logged.push(`${text}`) > 0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await collector.close();
});

const prepare = () => {
  const clock = fakeClock();
  const metrics = fakeMetrics();
  const kept = new KeptMetrics(clock.now);
  const sender = new MetricsSender({
    clock,
    fetch,
    deployment: "runners",
    functionName: "f",
    region: "eu-west-1",
    instance: "i",
  });
  const where = collectorOf(collector.endpoint, "Authorization=Bearer%20glc_canary");
  const send = (milliseconds = 5_000) => sender.send(where!, kept, milliseconds);
  return { clock, metrics, kept, put: kept.beside(metrics.metric), send };
};

const metricsOf = (body: unknown) =>
  (body as { resourceMetrics: { scopeMetrics: { metrics: Record<string, never>[] }[] }[] }).resourceMetrics[0]
    ?.scopeMetrics[0]?.metrics;

describe("metrics to a collector", () => {
  it("are sent as the protocol says: counts as sums, times as histograms, levels as gauges", async () => {
    const { put, send, clock } = prepare();
    put("JobsFailed", 1, { reason: "capacity" });
    put("JobsFailed", 2, { reason: "capacity" });
    put("JobsFailed", 1, { reason: "launch-refused" });
    put("RunnersOpen", 3, { provider: "EC2", state: "BUSY" }, "together");
    put("PauseDelaySeconds", 0.2);
    put("PauseDelaySeconds", 4_000);
    clock.advance(1_500);
    await send();
    expect(collector.refused).toEqual([]);
    const [{ headers, body } = { headers: {}, body: {} }] = collector.taken;
    expect(headers).toMatchObject({ authorization: "Bearer glc_canary", "content-type": "application/json" });
    expect(metricsOf(body)).toMatchObject([
      {
        name: "JobsFailed",
        unit: "1",
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [
            { asDouble: 3, attributes: [{ key: "reason", value: { stringValue: "capacity" } }] },
            { asDouble: 1 },
          ],
        },
      },
      { name: "RunnersOpen", gauge: { dataPoints: [{ asDouble: 3 }] } },
      {
        name: "PauseDelaySeconds",
        unit: "s",
        histogram: { dataPoints: [{ count: "2", min: 0.2, max: 4_000, sum: 4_000.2 }] },
      },
    ]);
    expect(logged).toEqual([]);
  });

  it("say of which span they are, in nanoseconds", async () => {
    const { put, send, clock } = prepare();
    const from = clock.now();
    put("JobsSeen");
    clock.advance(1_500);
    await send();
    expect(JSON.stringify(collector.taken[0]?.body)).toContain(
      `"startTimeUnixNano":"${from}000000","timeUnixNano":"${from + 1_500}000000"`,
    );
  });

  it("are put in CloudWatch as before, and sent once", async () => {
    const { put, metrics, send } = prepare();
    put("JobsSeen", 1, { a: "b" });
    await send();
    await send();
    expect(metrics.recorded).toEqual([{ name: "JobsSeen", value: 1, dimensions: { a: "b" } }]);
    expect(collector.taken).toHaveLength(1);
  });

  it.each([
    ["fails", "HTTP 503"],
    ["redirects", "TypeError"],
    ["hangs", "TimeoutError"],
  ] as const)("I-13: are dropped where the collector %s, with no secret in the log", async (how, error) => {
    const { put, send, clock } = prepare();
    collector.behaves(how);
    put("JobsSeen");
    const begun = performance.now();
    await send(300);
    // The 300 ms that it was given, and as much again for a busy machine.
    expect(performance.now() - begun).toBeLessThan(600);
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { code: "OTLP_NOT_SENT", metrics: 1, error },
    ]);
    expect(logged.join("")).not.toContain("canary");
    collector.behaves("takes");
    put("JobsSeen");
    clock.advance(59_000);
    await send();
    expect(collector.taken).toEqual([]);
    put("JobsSeen");
    clock.advance(1_000);
    await send();
    expect(collector.taken).toHaveLength(1);
  });

  it("are bounded in number", async () => {
    const { put, kept } = prepare();
    for (let count = 0; count < 5_000; count += 1) put("JobsSeen");
    expect(kept.take().puts).toHaveLength(1_000);
    expect(kept.isEmpty).toBe(true);
  });
});
