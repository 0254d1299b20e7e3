import type { StandInClock } from "./model/clock";
import type { GitLabCounts } from "./model/counts";
import type { FaultSettings } from "./model/faults";
import type { GitLabFeatures } from "./model/features";
import type { JobView } from "./model/job-view";
import type { GitLabLimits } from "./model/state";
import type { AskLaptop } from "./page/laptop-status";
import type { WebhookTiming } from "./webhooks/webhook-sender";

/** Options of the stand-in; each has a default. */
export interface StandInOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  readonly log?: (message: string) => void;
  readonly limits?: Partial<GitLabLimits>;
  /** GitLab's feature flags; absent ones have GitLab's defaults. `POST /api/v4/features/:name` changes them later. */
  readonly features?: Partial<GitLabFeatures>;
  /** Delay, repetition and reordering of webhooks. */
  readonly timing?: Partial<WebhookTiming>;
  readonly clock?: StandInClock;
}

/** A webhook for the job events of all projects, like a group webhook. */
export interface StandInWebhook {
  /** An http address on loopback. */
  readonly url: string;
  /** Sent as X-Gitlab-Token. */
  readonly token: string;
  /** `whsec_` and base64: deliveries are signed with it. */
  readonly signingToken?: string;
}

/** An existing runner record. */
export interface RunnerView {
  readonly id: number;
  readonly description: string;
  readonly paused: boolean;
  readonly tags: readonly string[];
}

/** A runner record that was created, changed or deleted. */
export interface RunnerChange {
  readonly id: number;
  readonly description: string;
  /** GitLab gives it jobs: it is neither paused nor deleted. */
  readonly isOpen: boolean;
}

/** A running GitLab stand-in. */
export interface StandIn {
  /** Address of the API and the page, e.g. `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  /** For the header PRIVATE-TOKEN. Valid for this stand-in alone. */
  readonly accessToken: string;
  /** For the legacy `POST /runners`. */
  readonly registrationToken: string;
  /** Replaces the webhook; `undefined` removes it. */
  setWebhook(webhook: StandInWebhook | undefined): void;
  setFaults(faults: FaultSettings): void;
  counts(): GitLabCounts;
  /** `jobs` and `ref` as in `POST /projects/:id/pipeline`; without a ref `main`. @returns the created jobs */
  createPipeline(projectId: number, jobs: readonly unknown[], ref?: string): readonly JobView[];
  /** Starts the sample pipeline. @returns the ids of its jobs */
  runSample(): readonly number[];
  cancelJob(jobId: number): void;
  /** All stored jobs, oldest first. */
  jobs(): readonly JobView[];
  runners(): readonly RunnerView[];
  /** Sets the source of the laptop's status for the page; asked about once a second while a page is open. */
  setLaptopStatus(ask: AskLaptop): void;
  /** Runs before the page's button starts the sample pipeline, e.g. to upload its mapping. */
  setSamplePreparation(prepare: () => Promise<void>): void;
  /** Called after each change of a job: status, runner or log. */
  on(event: "change", listener: (job: JobView) => void): void;
  off(event: "change", listener: (job: JobView) => void): void;
  /** Called after each change of a runner record. */
  onRunnerChange(listener: (change: RunnerChange) => void): void;
  /** Ends long polls, pending webhooks and connections. */
  close(): Promise<void>;
}
