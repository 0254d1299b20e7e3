import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { output } from "../../deployment";
import { REDRIVE_SOURCE } from "../../dlq/read-message";
import { ownRunner, START_SECONDS, untilEnded, untilGone, untilRunning } from "../job-steps";
import { CheckFailed, type CheckVerdict, passed, skipped } from "../result";
import type { VerifyContext } from "../verify-context";

/**
 * EC2's notice can be put by EC2 alone; that of an operator who says it again counts the same.
 *
 * @param resourceId the instance
 */
const putNotice = async ({ context, deployment }: VerifyContext, resourceId: string): Promise<void> => {
  const Detail = JSON.stringify({ resourceId, reason: "spot-interruption" });
  const EventBusName = output(deployment, "EventBusName");
  const Entries = [{ EventBusName, Source: REDRIVE_SOURCE, DetailType: "RunnerEnded", Detail }];
  const answer = await context.clients.eventBridge().send(new PutEventsCommand({ Entries }));
  if (answer.FailedEntryCount)
    throw new CheckFailed(`The bus did not take the notice (${answer.Entries?.[0]?.ErrorCode})`);
};

/** A notice that a running job's instance is about to go: a hint, at which the job must not be given up. */
export const checkSpotNotice = async (v: VerifyContext): Promise<CheckVerdict> => {
  if (!v.samples.has("EC2")) return skipped("No row leads a job of the project to an EC2 runner");
  await v.pipeline.play("spot-notice");
  const running = await untilRunning(v, "spot-notice", START_SECONDS.EC2);
  const runner = await ownRunner(v, running.found, "EC2");
  if (runner.resourceId === undefined)
    throw new CheckFailed("The ledger has no instance for the job's runner");
  await putNotice(v, runner.resourceId);
  const run = await untilEnded(v, "spot-notice", "success");
  const gone = await untilGone(v, runner);
  return passed("A job ran to its end although its instance was announced to go", {
    start: running.seconds,
    run,
    gone,
  });
};
