import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOutcome } from "../../../Core/gitlab-runner/run-outcome";
import { LAUNCH_HOLD_CODES, RUNNER_END_CODES } from "../../../Core/model/reasons";
import { ROOT } from "../read-template";
import { type MetricCall, metricCallsIn } from "./metric-calls";

/** Files that write a metric without the deployment in front: the others use `deploymentMetric`. */
const WITHOUT_DEPLOYMENT = ["Infrastructure/src/authorize-webhook.ts", "LambdaShellRunner/src/serve.ts"];

const sources = (): readonly string[] =>
  ["AutoScaler/src", "Infrastructure/src", "LambdaShellRunner/src"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("testing/"))
      .map((name) => `${folder}/${name}`),
  );

const texts = new Map(sources().map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));

/** Calls of `metric` in what ships, each with all its dimensions. */
export const emittedMetrics = (): readonly MetricCall[] =>
  [...texts]
    .filter(([, text]) => text.includes("metric("))
    .flatMap(([file, text]) => {
      const first = WITHOUT_DEPLOYMENT.includes(file) ? [] : ["Deployment"];
      return metricCallsIn(text).map((call) => ({ ...call, dimensions: [...first, ...call.dimensions] }));
    });

/** Whether something that ships writes a metric under just these dimensions. */
export const isEmitted = (name: string, dimensions: readonly string[]): boolean =>
  emitted.some(
    (one) =>
      one.name === name &&
      dimensions.length > 0 &&
      (!one.isTogether || one.dimensions.length === dimensions.length) &&
      dimensions.every((dimension, index) => one.dimensions[index] === dimension),
  );

const emitted = emittedMetrics();

/** Calls of `metric` in what ships, however they are written. */
export const metricCalls = (): number =>
  [...texts.values()].flatMap((text) => [...text.matchAll(/\bmetric\(/g)]).length;

const OUTCOMES = ["unreachable"] as const satisfies readonly RunOutcome["kind"][];

/** The codes that a dimension may have as its value. */
export const CODES: Readonly<Record<string, readonly string[]>> = {
  "LambdaRunnerEnded Outcome": OUTCOMES,
  "LaunchesRefused refusal": LAUNCH_HOLD_CODES,
  "RunnersLost reason": RUNNER_END_CODES,
};
