import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { countUp, type GitLabCounts } from "../model/counts";
import type { GitLabFaults } from "../model/faults";
import { pipelineStatus } from "../model/jobs";
import { chance } from "../model/random";
import type { StandInJob, Webhook } from "../model/records";
import type { GitLabState } from "../model/state";
import { deliveryStamp } from "./delivery-stamp";
import { webhookBody, webhookHeaders } from "./webhook-body";

/** Timing of webhooks without injected faults. As GitLab's, they are delayed, and some are repeated or out of order. */
export interface WebhookTiming {
  /** Minimum and maximum. */
  readonly delayMs: readonly [number, number];
  /** Fraction of the webhooks that are sent twice. */
  readonly repeat: number;
  /** Fraction of the webhooks with an additional delay of up to `lateMs`, which may change their order. */
  readonly late: number;
  readonly lateMs: number;
  /** For the same job ids the same seed gives the same delays, repeats and losses. */
  readonly seed: number;
  /** Disables a webhook temporarily after four consecutive failures, as GitLab.com does. Off by default, as in self-managed GitLab. */
  readonly autoDisable: boolean;
}

export const DEFAULT_TIMING: WebhookTiming = {
  delayMs: [10, 120],
  repeat: 0.03,
  late: 0.03,
  lateMs: 1_500,
  seed: 1,
  autoDisable: false,
};

/** GitLab's `webhook_timeout`. */
const TIMEOUT_MS = 10_000;
const FAILURES_BEFORE_DISABLING = 4;

interface Delivery {
  readonly webhook: Webhook;
  readonly body: string;
  readonly headers: Record<string, string>;
}

const isOwnedAbove = ({ paths }: GitLabState, { projectId, groupId }: Webhook, job: StandInJob): boolean =>
  projectId === job.pipeline.projectId ||
  (groupId !== undefined && paths.isIn(job.pipeline.projectId, groupId));

/**
 * Whether a job is of a webhook's project, or of its group or one below. The laptop's own webhook stands for those that
 * are missing at the same address.
 */
export const isInReach = (state: GitLabState, webhook: Webhook, job: StandInJob): boolean => {
  if (webhook.projectId !== undefined || webhook.groupId !== undefined)
    return isOwnedAbove(state, webhook, job);
  const { origin } = new URL(webhook.url);
  return [...state.webhooks.values()].every(
    (other) => !isOwnedAbove(state, other, job) || new URL(other.url).origin !== origin,
  );
};

/** Sends job webhooks. As GitLab, it does not retry. */
export class WebhookSender {
  readonly #state: GitLabState;
  readonly #url: () => string;
  readonly #faults: GitLabFaults;
  readonly #counts: GitLabCounts;
  readonly #timing: WebhookTiming;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 25 });
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(parts: {
    state: GitLabState;
    url: () => string;
    faults: GitLabFaults;
    counts: GitLabCounts;
    timing: WebhookTiming;
  }) {
    this.#state = parts.state;
    this.#url = parts.url;
    this.#faults = parts.faults;
    this.#counts = parts.counts;
    this.#timing = parts.timing;
  }

  /** Builds the payload now, as GitLab does, and sends it later. */
  jobChanged(job: StandInJob): void {
    countUp(this.#counts.webhooks.byStatus, job.status);
    const payload = webhookBody(this.#url(), job, pipelineStatus(job.pipeline));
    const body = JSON.stringify(payload);
    for (const webhook of this.#state.webhooks.values()) {
      if (
        isInReach(this.#state, webhook, job) &&
        webhook.events.has("job_events") &&
        !this.#isDisabled(webhook)
      )
        this.#schedule(webhook, job, body);
    }
  }

  #schedule(webhook: Webhook, job: StandInJob, body: string): void {
    const roll = (purpose: string) => chance(this.#timing.seed, purpose, webhook.id, job.id, job.status);
    const settings = this.#faults.settings;
    this.#counts.webhooks.due += 1;
    if (roll("lose") < (settings.lose ?? 0)) {
      this.#counts.webhooks.lost += 1;
      return;
    }
    const delivery = { webhook, body, headers: this.#headers(webhook) };
    this.#sendLater(this.#delay(roll, "first"), delivery);
    if (roll("repeat") < (settings.repeat ?? this.#timing.repeat)) {
      this.#counts.webhooks.repeated += 1;
      this.#sendLater(this.#delay(roll, "second"), delivery);
    }
  }

  #delay(roll: (purpose: string) => number, which: string): number {
    const [from, to] = this.#faults.settings.delayMs ?? this.#timing.delayMs;
    const isLate = roll(`late ${which}`) < this.#timing.late;
    return (
      from + roll(`delay ${which}`) * (to - from) + (isLate ? roll(`by ${which}`) * this.#timing.lateMs : 0)
    );
  }

  #headers(webhook: Webhook): Record<string, string> {
    const ids = { event: randomUUID(), delivery: randomUUID(), idempotencyKey: randomUUID() };
    const secret = webhook.token ? { "x-gitlab-token": webhook.token } : {};
    return { ...webhookHeaders(this.#url(), ids), ...secret };
  }

  #sendLater(milliseconds: number, delivery: Delivery): void {
    if (this.#isClosed) return;
    const cancelTimer = this.#state.clock.after(milliseconds, () => {
      this.#waiting.delete(cancelTimer);
      void this.send(delivery);
    });
    this.#waiting.add(cancelTimer);
  }

  /** Sends at once. @returns the answer's status; undefined without an answer within ten seconds */
  async send(delivery: Delivery): Promise<number | undefined> {
    if (this.#isClosed) return undefined;
    if (this.#faults.errorNow("webhooks") !== undefined) {
      this.#counts.webhooks.lost += 1;
      return undefined;
    }
    this.#counts.webhooks.sent += 1;
    const status = await post(this.#agent, this.#stamped(delivery));
    this.#recordResult(delivery.webhook, status !== undefined && status < 300);
    return status;
  }

  #stamped({ webhook, body, headers }: Delivery): Delivery {
    const now = this.#state.clock.now();
    const stamp = deliveryStamp(webhook.signingToken, headers["webhook-id"] ?? "", body, now);
    return { webhook, body, headers: { ...headers, ...stamp } };
  }

  /** Sends a test delivery, like the button on the webhook's page in GitLab. */
  test(webhook: Webhook, job: StandInJob): Promise<number | undefined> {
    const body = JSON.stringify(webhookBody(this.#url(), job, pipelineStatus(job.pipeline)));
    return this.send({ webhook, body, headers: this.#headers(webhook) });
  }

  #recordResult(webhook: Webhook, isAccepted: boolean): void {
    this.#counts.webhooks[isAccepted ? "accepted" : "failed"] += 1;
    webhook.failures = isAccepted ? 0 : webhook.failures + 1;
    const rounds = webhook.failures - FAILURES_BEFORE_DISABLING;
    const offMs = rounds < 0 ? 0 : Math.min(60_000 * 2 ** rounds, 86_400_000);
    webhook.disabledUntil = offMs === 0 ? undefined : this.#state.clock.now() + offMs;
  }

  #isDisabled(webhook: Webhook): boolean {
    return this.#timing.autoDisable && (webhook.disabledUntil ?? 0) > this.#state.clock.now();
  }

  close(): void {
    this.#isClosed = true;
    for (const cancelTimer of this.#waiting) cancelTimer();
    this.#agent.destroy();
  }
}

const post = (agent: Agent, delivery: Delivery): Promise<number | undefined> =>
  new Promise((resolve) => {
    const headers = { ...delivery.headers, "content-length": String(Buffer.byteLength(delivery.body)) };
    const call = request(delivery.webhook.url, { method: "POST", agent, headers }, (answer) => {
      answer.on("error", () => resolve(undefined));
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    call.setTimeout(TIMEOUT_MS, () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.on("close", () => resolve(undefined));
    call.end(delivery.body);
  });
