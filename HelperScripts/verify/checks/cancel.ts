import { ownRunner, START_SECONDS, untilEnded, untilGone, untilRunning } from "../job-steps";
import { fastSample } from "../jobs-to-play";
import { type CheckVerdict, passed, skipped } from "../result";
import type { VerifyContext } from "../verify-context";

/** A runner hears of it with its next report, at most half a minute later. */
const CANCEL_SECONDS = 120;

/** A running job that somebody cancels: it ends, and its runner goes. */
export const checkCancel = async (v: VerifyContext): Promise<CheckVerdict> => {
  const sample = fastSample(v.samples);
  if (sample === undefined) return skipped("No row leads a job of the project to a runner");
  await v.pipeline.play("cancel");
  const running = await untilRunning(v, "cancel", START_SECONDS[sample.provider]);
  const runner = await ownRunner(v, running.found, sample.provider);
  await v.pipeline.cancel("cancel");
  const canceled = await untilEnded(v, "cancel", "canceled", CANCEL_SECONDS);
  const gone = await untilGone(v, runner);
  return passed("A running job was cancelled, and its runner is gone", {
    start: running.seconds,
    canceled,
    gone,
  });
};
