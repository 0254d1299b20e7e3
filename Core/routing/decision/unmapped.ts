import { defined } from "../../defined";
import type { Provider } from "../../model/runner-class";
import { resolveClass } from "../class-resolution";
import { functionArnProblem } from "../function-arn";
import { tagSet } from "../mapping-keys";
import { isBad, rowName } from "../mapping-row";
import type { StoredRow } from "../mapping-state";
import type { RoutingSettings } from "../routing-settings";
import type { RoutedJob } from "../row-search";
import { limitsOf } from "../settings-row";
import { choicesOf, failed, type RouteDecision } from "./route-decision";

/** The default runner: the stack's function, or without one the default class of EC2. */
const defaultRoute = (job: RoutedJob, settings: RoutingSettings, near: string): RouteDecision => {
  const { defaultRunnerArn: functionArn } = settings;
  const type: Provider = functionArn === undefined ? "EC2" : "LAMBDA";
  const arnProblem = type === "LAMBDA" ? functionArnProblem(functionArn, settings.home) : undefined;
  if (arnProblem) return failed("no-default-runner", `AutoScaler's DefaultRunnerArn ${arnProblem}.`);
  const runnerClass = resolveClass("default", { type }, settings);
  if (isBad(runnerClass)) {
    return failed(
      "no-default-runner",
      `No row matches${near}, and the default class ${runnerClass.problem}.`,
    );
  }
  return {
    kind: "route",
    provider: type,
    runnerClass,
    ...defined({ functionArn }),
    tags: job.verified ? tagSet(job.tags) : [],
    limits: limitsOf(settings),
    ...choicesOf(type, settings),
    why: { code: "default-runner", sentence: `No row matches${near}: unmapped jobs get the default runner.` },
  };
};

/** What becomes of a job that no row and no tag of its own gives a runner. */
export const unmapped = (
  job: RoutedJob,
  near: readonly StoredRow[],
  settings: RoutingSettings,
): RouteDecision => {
  const nearby = near.length === 0 ? "" : ` (near: ${near.slice(0, 3).map(rowName).join("; ")})`;
  const { unmappedJobs } = settings;
  // Without AccessToken no tags are known, and a default runner takes jobs without tags alone.
  const isUntagged = !job.verified || tagSet(job.tags).length === 0;
  if (unmappedJobs === "DEFAULT" || (unmappedJobs === "UNTAGGED" && isUntagged)) {
    return defaultRoute(job, settings, nearby);
  }
  const left = unmappedJobs === "UNTAGGED" ? "unmapped jobs with tags" : "unmapped jobs";
  return {
    kind: "nothing",
    why: {
      code: "unmapped-ignored",
      sentence: `No row matches${nearby}, and ${left} are ignored ("unmappedJobs" is ${unmappedJobs}).`,
    },
  };
};
