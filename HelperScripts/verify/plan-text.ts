import { plural } from "../console/words";
import type { PlannedJob } from "./pipeline";
import type { VerifyCheckName } from "./result";
import type { VerifyContext } from "./verify-context";

const UNHEARD: readonly VerifyCheckName[] = ["lost-webhook", "redrive"];

/** What a run makes, before anybody is asked. */
export const planText = (
  { pipeline, webhooks }: Pick<VerifyContext, "pipeline" | "webhooks">,
  jobs: readonly PlannedJob[],
  names: readonly VerifyCheckName[],
): string => {
  const count = (provider: string): number =>
    jobs.filter(({ sample }) => sample.provider === provider).length;
  const playsUnheard = UNHEARD.some((name) => names.includes(name));
  const lines = [
    `In project ${pipeline.projectId}: the branch ${pipeline.branch} with one commit, and a pipeline of ${plural(jobs.length, "job")} on it; the branch is deleted at the end.`,
    `Runners: ${count("LAMBDA")} Lambda, ${count("EC2")} EC2, ${count("MICROVM")} MicroVM, which cost what runners cost.`,
  ];
  if (!playsUnheard) return lines.join("\n");
  const switched =
    webhooks.kind === "own"
      ? "The project's webhook is off for some seconds: jobs of the project that become pending then start up to two minutes later. One message is put in the DLQ and redriven."
      : `No webhook is lost on purpose: ${webhooks.why}.`;
  return [...lines, switched].join("\n");
};
