import { join } from "node:path";
import { deploymentMetric } from "../../Core/log";
import { countAnswer, countCall } from "./aws-metrics";
import { dashboardView, readDashboard } from "./dashboard";
import { readEmbeddedMetrics } from "./embedded-metrics";
import { MetricStore } from "./metric-store";

const ROOT = join(__dirname, "../..");
const NOW = Date.UTC(2026, 10, 30, 12);
const widgets = readDashboard(ROOT);

/** What a function writes when it puts metrics. */
const written = (put: (metric: ReturnType<typeof deploymentMetric>) => void): string => {
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(`${text}`) > 0);
  put(deploymentMetric("runners"));
  write.mockRestore();
  return lines.join("");
};

const prepare = () => {
  let now = NOW;
  const store = new MetricStore(() => now);
  const lines = (title: string) =>
    dashboardView(widgets, store).widgets.find((widget) => widget.title === title)?.lines;
  const last = (title: string) => lines(title)?.map(({ label, points }) => [label, points.at(-1)]);
  return { store, read: readEmbeddedMetrics(store), lines, last, pass: (ms: number) => (now += ms) };
};

describe("the dashboard on the page", () => {
  it("has the template's widgets, each with what it asks for", () => {
    expect(widgets.length).toBeGreaterThan(10);
    const unread = widgets.flatMap(({ lines }) => lines.filter(({ name, namespace }) => !name || !namespace));
    expect(unread).toEqual([]);
    const references = widgets.flatMap(({ lines }) =>
      lines.flatMap(({ dimensions }) => Object.values(dimensions).flatMap((value) => value ?? [])),
    );
    expect(references).toEqual(
      expect.arrayContaining(["ReconcilerFunction", "WebhookApi", "AuthorizeWebhookFunction"]),
    );
  });

  it("is drawn from what the functions write", () => {
    const { read, last } = prepare();
    read(
      "a",
      written((metric) => {
        metric("JobsSeen", 1);
        metric("JobsSeen", 1);
        metric("JobsFailed", 1, { reason: "capacity" });
        metric("RunnersOpen", 2, { provider: "EC2", state: "BUSY" }, "together");
        metric("RunnersOpen", 1, { provider: "LAMBDA", state: "STARTING" }, "together");
        metric("WaitingJobs", 4);
      }),
    );
    expect(last("Jobs")).toEqual(
      expect.arrayContaining([
        ["came", 2],
        ["got no runner", 1],
        ["wait at a time", 4],
      ]),
    );
    expect(last("Jobs without a runner, by code")).toEqual([["capacity", 1]]);
    expect(last("Runners by provider and state")).toEqual([
      ["EC2 BUSY", 2],
      ["LAMBDA STARTING", 1],
    ]);
  });

  it("counts calls and answers as AWS does, each of its own function", () => {
    const { store, last } = prepare();
    const call = { event: {}, startedAt: 0, endedAt: 0 };
    const error = { errorType: "Error", errorMessage: "" };
    countCall(store, { ...call, functionId: "ReconcilerFunction", outcome: { result: 1 } });
    countCall(store, { ...call, functionId: "ReconcilerFunction", outcome: { error } });
    countCall(store, { ...call, functionId: "LookUpRunnerFunction", outcome: { error } });
    for (const status of [200, 200, 403, 500]) countAnswer(store, status);
    expect(last("Passes of the reconciler")).toEqual([
      ["begun", 2],
      ["failed", 1],
    ]);
    expect(last("Webhook answers")?.slice(0, 3)).toEqual([
      ["requests", 4],
      ["4xx", 1],
      ["5xx", 1],
    ]);
  });

  it("puts each value into its ten seconds, and draws percentiles of them", () => {
    const { store, lines, pass } = prepare();
    const queue = { namespace: "GitLabRunners", name: "QueueSeconds", dimensions: { Deployment: "x" } };
    for (let seconds = 1; seconds <= 100; seconds += 1) store.put(queue, seconds);
    pass(10_000);
    store.put(queue, 7);
    const [half, most] = lines("Queue time") ?? [];
    expect(half?.points.slice(-3)).toEqual([null, 51, 7]);
    expect(most?.points.slice(-3)).toEqual([null, 96, 7]);
    pass(600_000);
    expect(lines("Queue time")?.[0]?.points.every((value) => value === null)).toBe(true);
  });

  it("takes a line that comes in pieces, and leaves out what is none", () => {
    const { read, last } = prepare();
    const text = written((metric) => metric("JobsSeen", 3));
    read("a", text.slice(0, 40));
    read("b", 'not "_aws" JSON {\n{"_aws":5}\n');
    expect(last("Jobs")?.[0]).toEqual(["came", undefined]);
    read("a", text.slice(40));
    expect(last("Jobs")?.[0]).toEqual(["came", 3]);
  });
});
