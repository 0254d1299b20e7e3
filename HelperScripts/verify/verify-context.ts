import type { LedgerReader } from "../../Core/ledger/reader";
import type { Provider } from "../../Core/model/runner-class";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import type { DoctorContext } from "../doctor/finding";
import type { VerifyPipeline } from "./pipeline";
import { CheckFailed } from "./result";
import type { SampleJob } from "./sample-jobs";
import type { NoSwitch, WebhookSwitch } from "./webhook-switch";

/** What the checks need. */
export interface VerifyContext {
  readonly context: Context;
  readonly deployment: Deployment;
  readonly doctor: DoctorContext;
  readonly ledger: LedgerReader;
  readonly pipeline: VerifyPipeline;
  readonly samples: ReadonlyMap<Provider, SampleJob>;
  readonly webhooks: WebhookSwitch | NoSwitch;
  /** Throws once the user wants to stop. */
  readonly throwIfStopped: () => void;
}

/** The user stopped it. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

const PAUSE_MILLISECONDS = 1_000;

/**
 * Asks once a second until there is an answer.
 *
 * @param what completes "After 60 s still not true: …"
 * @returns the answer, and the seconds until it came
 * @throws CheckFailed after `seconds`
 */
export const waitFor = async <Found>(
  { context, throwIfStopped }: Pick<VerifyContext, "context" | "throwIfStopped">,
  what: string,
  seconds: number,
  ask: () => Promise<Found | undefined>,
): Promise<{ readonly found: Found; readonly seconds: number }> => {
  const from = context.now();
  for (;;) {
    throwIfStopped();
    const found = await ask();
    const passed = context.now() - from;
    if (found !== undefined) return { found, seconds: passed / 1_000 };
    if (passed >= seconds * 1_000) throw new CheckFailed(`After ${seconds} s still not true: ${what}`);
    await context.sleep(PAUSE_MILLISECONDS);
  }
};
