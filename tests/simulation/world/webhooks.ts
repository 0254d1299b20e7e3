import type { Job } from "./gitlab";
import type { Random } from "./random";
import type { Timeline } from "./timeline";
import type { WebhookGateway } from "./webhook-api";
import { WebhookHealth } from "./webhook-health";

/** Probabilities of faults of GitLab's webhooks. */
export interface WebhookOptions {
  readonly lost: number;
  readonly twice: number;
  /** Up to five minutes late, and thus out of order. */
  readonly late: number;
  /** GitLab's worker reads the job when it sends, so a `pending` webhook may carry `running`. */
  readonly relabelled: number;
}

export const WEBHOOK_DEFAULTS: WebhookOptions = { lost: 0, twice: 0, late: 0, relabelled: 0 };

const LATE_WITHIN = 300_000;
const TOLD = ["created", "pending", "running", "success", "failed", "canceled"];

/** What the webhook sends in `X-Gitlab-Token`, as it is stored in Parameter Store. */
export const WEBHOOK_SECRET = "simulated";

export class Webhooks {
  sent = 0;
  readonly health = new WebhookHealth();
  /** For single scenarios: the fate of one webhook; a number is its delay in milliseconds. */
  fate: (job: Job, status: string) => "lost" | number | undefined = () => undefined;
  lost = 0;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly webhookApi: WebhookGateway,
    public options: WebhookOptions,
  ) {}

  send(job: Job): void {
    if (job.isForeign || !TOLD.includes(job.status)) return;
    this.sent += 1;
    const fate = this.fate(job, job.status);
    const isLost = fate === "lost" || this.random.chance(this.options.lost);
    if (isLost || this.health.isDisabled(this.timeline.now)) {
      this.lost += 1;
      return;
    }
    const times = this.random.chance(this.options.twice) ? 2 : 1;
    const { status } = job;
    for (let time = 0; time < times; time += 1) {
      const isLate = this.random.chance(this.options.late);
      const lateness = fate ?? (isLate ? this.random.between(1_000, LATE_WITHIN) : 0);
      const delay = this.random.between(50, 900) + lateness;
      const isRelabelled = this.random.chance(this.options.relabelled);
      this.timeline.after(delay, () => this.#put(job, isRelabelled ? job.status : status));
    }
  }

  #put(job: Job, status: string): void {
    const detail = {
      object_kind: "build",
      build_id: job.id,
      build_name: job.name,
      build_status: status,
      project_id: job.projectId,
      runner: job.runnerId === undefined ? null : { id: job.runnerId },
    };
    const event = { source: "gitlab.webhook", detailType: "GitLabJobEvent", detail };
    this.webhookApi.receive(event, WEBHOOK_SECRET, (refusal) => {
      if (refusal === undefined) this.health.accepted();
      else this.health.refused({ jobId: job.id, status, refusal, at: this.timeline.now });
    });
  }
}
