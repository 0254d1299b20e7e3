import { defined } from "../../defined";
import { chooseRunner } from "../../job-tags/choose-runner";
import { parseJobTags, printJobTags, type ReadRequest } from "../../job-tags/grammar";
import { tagSet } from "../mapping-keys";
import { type BadRow, isBad } from "../mapping-row";
import type { RowsByKey } from "../mapping-state";
import type { RoutingSettings } from "../routing-settings";
import { effectiveClassRow, type RoutedJob } from "../row-search";
import { limitsOf } from "../settings-row";
import { choicesOf, failed, notAllowed, type RouteDecision } from "./route-decision";

/** Tags of ours, where no row decides; nobody knows a job's tags in payload mode. */
export const requestOf = (job: RoutedJob): ReturnType<typeof parseJobTags> =>
  job.verified ? parseJobTags(job.tags) : undefined;

/** What a job asks for itself. A request that is wrong or too large fails: the default never replaces it (I-27). */
export const byTags = (
  job: RoutedJob,
  request: ReadRequest | BadRow,
  rows: RowsByKey,
  settings: RoutingSettings,
): RouteDecision => {
  if (isBad(request)) return failed("bad-tags", `The job's tag ${request.problem}.`);
  const asked = printJobTags(request).join(", ");
  const chosen = chooseRunner(request, effectiveClassRow(request.class, rows), settings);
  if (isBad(chosen)) return failed(chosen.code, `The job's tags ask for ${asked}: ${chosen.problem}.`);
  const { runnerClass, functionArn, fallback } = chosen;
  return (
    notAllowed(job, "The job's tags ask for", runnerClass) ?? {
      kind: "route",
      provider: runnerClass.type,
      runnerClass,
      ...defined({ functionArn, fallback }),
      tags: tagSet(job.tags),
      limits: limitsOf(settings),
      ...choicesOf(runnerClass.type, settings),
      why: { code: "job-tags", sentence: `No row matches, and the job's tags ask for ${asked}.` },
    }
  );
};

/** The class that the job's tags name. */
export const classAskedFor = (job: RoutedJob): string | undefined => {
  const request = requestOf(job);
  return request === undefined || isBad(request) ? undefined : request.class;
};
