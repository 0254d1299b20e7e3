import { InvalidInputError } from "../../../Core/errors";
import { isFromWebhook } from "../../../Core/model/job-event";
import type { Dependencies } from "../dependencies";
import type { SkippedHint } from "./ask-gitlab";

/** A webhook that no job event can be read from. */
export interface MalformedHint extends SkippedHint {
  readonly skipped: "malformed";
  /** Names the field that is wrong, in our words. */
  readonly detail: string;
}

/**
 * Reads a function's input. Whoever has the webhook's secret can send any body, so what is wrong with a webhook is
 * counted, and nothing more comes of it; what is wrong with an event of ours is an error.
 *
 * @throws InvalidInputError, not for a webhook
 */
export const parseHint = <Event extends object>(
  { metric }: Pick<Dependencies, "metric">,
  input: unknown,
  parse: (input: unknown) => Event,
): Event | MalformedHint => {
  try {
    return parse(input);
  } catch (error) {
    if (!(error instanceof InvalidInputError) || !isFromWebhook(input)) throw error;
    metric("WebhooksIgnored", 1, { reason: "malformed" });
    return { skipped: "malformed", detail: error.message };
  }
};
