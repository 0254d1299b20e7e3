import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LAUNCH_HOLD_CODES, RUNNER_END_CODES } from "../../../Core/model/reasons";
import type { RunOutcome } from "../../../LambdaShellRunner/src/gitlab-runner/run-outcome";
import { ROOT } from "../read-template";

/** Files that write a metric without the deployment in front: the others use `deploymentMetric`. */
const WITHOUT_DEPLOYMENT = ["Infrastructure/src/authorize-webhook.ts", "LambdaShellRunner/src/serve.ts"];

const CALL = /\bmetric\(\s*"(\w+)"(?:,\s*(?:[^{}"]*?)(?:,\s*\{([^}]*)\})?)?\s*\)/g;

const namesIn = (literal: string | undefined): readonly string[] =>
  (literal ?? "")
    .split(",")
    .map((part) => part.split(":")[0]?.trim() ?? "")
    .filter((name) => name !== "");

const sources = (): readonly string[] =>
  ["AutoScaler/src", "Infrastructure/src", "LambdaShellRunner/src"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("testing/"))
      .map((name) => `${folder}/${name}`),
  );

/** Calls of `metric` in what ships: the metric's name and the names of its dimensions, in their order. */
export const emittedMetrics = (): readonly { name: string; dimensions: readonly string[] }[] =>
  sources().flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(CALL)].map(([, name = "", literal]) => ({
      name,
      dimensions: [...(WITHOUT_DEPLOYMENT.includes(file) ? [] : ["Deployment"]), ...namesIn(literal)],
    })),
  );

/** Calls of `metric` in what ships, however they are written. */
export const metricCalls = (): number =>
  sources().flatMap((file) => [...readFileSync(join(ROOT, file), "utf8").matchAll(/\bmetric\(/g)]).length;

const OUTCOMES = ["unreachable"] as const satisfies readonly RunOutcome["kind"][];

/** The codes that a dimension may have as its value. */
export const CODES: Readonly<Record<string, readonly string[]>> = {
  "LambdaRunnerEnded Outcome": OUTCOMES,
  "LaunchesRefused refusal": LAUNCH_HOLD_CODES,
  "RunnersLost reason": RUNNER_END_CODES,
};
