import type { Time } from "../../../Core/model/ledger";
import type { DeliveryRefusal } from "./webhook-api";

/** Refused deliveries in a row after which GitLab leaves a webhook alone, and for how long first and at most. */
const DISABLED_AFTER = 4;
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 86_400_000;

export interface RefusedDelivery {
  readonly jobId: number;
  /** Of the job, as the webhook told it. */
  readonly status: string;
  readonly refusal: DeliveryRefusal;
  readonly at: Time;
}

/**
 * What GitLab remembers of a webhook's deliveries.
 * https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
 */
export class WebhookHealth {
  readonly refusals: RefusedDelivery[] = [];
  mostInARow = 0;
  #inARow = 0;
  #pauses = 0;
  #disabledUntil = 0;

  isDisabled(now: Time): boolean {
    return now < this.#disabledUntil;
  }

  accepted(): void {
    this.#inARow = 0;
    this.#pauses = 0;
  }

  refused(delivery: RefusedDelivery): void {
    const { at } = delivery;
    this.refusals.push(delivery);
    this.#inARow += 1;
    this.mostInARow = Math.max(this.mostInARow, this.#inARow);
    if (this.#inARow < DISABLED_AFTER) return;
    this.#disabledUntil = at + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#pauses);
    this.#pauses += 1;
  }
}
