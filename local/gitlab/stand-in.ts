import type { StandInClock } from "./clock";
import type { Counts } from "./counts";
import type { FaultSettings } from "./faults";
import type { HookTiming } from "./hooks";
import type { JobView } from "./job-view";
import type { AskLaptop } from "./laptop-status";
import type { Limits } from "./world";

/** How to start the stand-in; everything has a default. */
export interface StandInOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  readonly log?: (message: string) => void;
  readonly limits?: Partial<Limits>;
  /** How late, repeated and out of order hooks are. */
  readonly timing?: Partial<HookTiming>;
  readonly clock?: StandInClock;
}

/** A job hook for all projects, as a group hook would be. */
export interface StandInHook {
  /** http on loopback. */
  readonly url: string;
  /** Sent as X-Gitlab-Token. */
  readonly token: string;
  /** `whsec_` and base64: deliveries are signed with it. */
  readonly signingToken?: string;
}

/** A runner record that exists now. */
export interface RunnerView {
  readonly id: number;
  readonly description: string;
  readonly paused: boolean;
  readonly tags: readonly string[];
}

/** A running GitLab stand-in. */
export interface StandIn {
  /** E.g. `http://127.0.0.1:40123`, without a slash at the end. Its page is there too. */
  readonly url: string;
  /** For PRIVATE-TOKEN. It is worth something on this machine only, for as long as the stand-in runs. */
  readonly accessToken: string;
  /** For the older `POST /runners`. */
  readonly registrationToken: string;
  /** `undefined` takes the hook away. */
  setHook(hook: StandInHook | undefined): void;
  setFaults(faults: FaultSettings): void;
  counts(): Counts;
  /** `jobs` as in `POST /projects/:id/pipeline`. @returns the jobs as they were created */
  createPipeline(projectId: number, jobs: readonly unknown[]): readonly JobView[];
  /** Runs the sample pipeline of sample.ts. @returns the ids of its jobs */
  runSample(): readonly number[];
  cancelJob(jobId: number): void;
  /** All jobs that are still remembered, oldest first. */
  jobs(): readonly JobView[];
  runners(): readonly RunnerView[];
  /** Gives the page what only the laptop knows; called about once a second while a page is open. */
  setLaptopStatus(ask: AskLaptop): void;
  /** What the page's button does before it runs the sample pipeline, such as uploading its mapping. */
  setSamplePreparation(prepare: () => Promise<void>): void;
  /** Called with each job that changed: its status, its runner, its log. */
  on(event: "change", listener: (job: JobView) => void): void;
  off(event: "change", listener: (job: JobView) => void): void;
  /** Ends held polls, waiting hooks and connections. */
  close(): Promise<void>;
}
