import { deploymentMetric, log, metric } from "./log";

const written = (write: () => void): unknown[] => {
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  try {
    write();
  } finally {
    spy.mockRestore();
  }
  return lines
    .join("")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
};

const dimensionsOf = (record: unknown): unknown =>
  (record as { _aws: { CloudWatchMetrics: { Dimensions: unknown }[] } })._aws.CloudWatchMetrics[0]
    ?.Dimensions;

const unitOf = (record: unknown): unknown =>
  (record as { _aws: { CloudWatchMetrics: { Metrics: { Unit: unknown }[] }[] } })._aws.CloudWatchMetrics[0]
    ?.Metrics[0]?.Unit;

it.each([
  ["OldestWaitingSeconds", "Seconds"],
  ["SecondsWaited", "Count"],
  ["LaunchMilliseconds", "Milliseconds"],
  ["LimitUsedPercent", "Percent"],
  ["RunnerCostUsd", "None"],
  ["JobsFailed", "Count"],
])("S-28: %s is measured in %s, as its name says", (name, unit) => {
  const [record] = written(() => metric(name, 2));
  expect(unitOf(record)).toBe(unit);
});

it("T-15: keeps an entry on one line whatever its fields hold", () => {
  const [entry] = written(() => log.info("JOB_SEEN", { jobName: "a\nb\u2028c\u001b[31m" }));
  expect(entry).toMatchObject({ level: "INFO", code: "JOB_SEEN", jobName: "a\nb\u2028c\u001b[31m" });
});

it("counts a metric without dimensions once", () => {
  const [record] = written(() => metric("PassCompleted"));
  expect(record).toMatchObject({ PassCompleted: 1 });
  expect(dimensionsOf(record)).toEqual([[]]);
});

it("T-26: counts a deployment's metric under the deployment, in all and by what it is split into", () => {
  const [record] = written(() => deploymentMetric("runners-a")("JobsFailed", 2, { reason: "capacity" }));
  expect(record).toMatchObject({ JobsFailed: 2, Deployment: "runners-a", reason: "capacity" });
  expect(dimensionsOf(record)).toEqual([["Deployment"], ["Deployment", "reason"]]);
});

it("counts a level of several parts under all its dimensions together alone", () => {
  const [record] = written(() =>
    deploymentMetric("runners-a")("RunnersOpen", 3, { provider: "EC2", state: "BUSY" }, "together"),
  );
  expect(record).toMatchObject({ RunnersOpen: 3, Deployment: "runners-a", provider: "EC2", state: "BUSY" });
  expect(dimensionsOf(record)).toEqual([["Deployment", "provider", "state"]]);
});
