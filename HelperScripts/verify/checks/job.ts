import type { Provider } from "../../../Core/model/runner-class";
import { ownRunner, START_SECONDS, untilEnded, untilGone, untilRunning } from "../job-steps";
import { type CheckVerdict, passed, skipped } from "../result";
import type { VerifyContext } from "../verify-context";

const WORDS: Readonly<Record<Provider, string>> = {
  LAMBDA: "a Lambda runner",
  EC2: "an EC2 runner",
  MICROVM: "a MicroVM runner",
};

/** A job of the provider runs, and nothing is left of it. */
export const checkJob =
  (provider: Provider, purpose: string) =>
  async (v: VerifyContext): Promise<CheckVerdict> => {
    if (!v.samples.has(provider)) return skipped(`No row leads a job of the project to ${WORDS[provider]}`);
    await v.pipeline.play(purpose);
    const running = await untilRunning(v, purpose, START_SECONDS[provider]);
    const runner = await ownRunner(v, running.found, provider);
    const run = await untilEnded(v, purpose, "success");
    const gone = await untilGone(v, runner);
    return passed(`A job ran on ${WORDS[provider]}, and nothing is left of it`, {
      start: running.seconds,
      run,
      gone,
    });
  };
