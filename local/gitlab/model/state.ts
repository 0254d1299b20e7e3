import { type StandInClock, systemClock } from "./clock";
import { randomText } from "./random";
import type { Pipeline, StandInJob, StandInRunner, Webhook } from "./records";

/** Times as GitLab has them, and what is scaled for a laptop. Milliseconds unless the name says otherwise. */
export interface GitLabLimits {
  /** A held `jobs/request`: GitLab's Workhorse holds up to 50 s. */
  readonly longPollMs: number;
  /** Two-phase commit: an assignment that nobody confirms (GitLab: 2 min). */
  readonly confirmationMs: number;
  /** A running job without a word from its runner (GitLab: 60 min; a runner speaks at least every 30 s). */
  readonly silenceMs: number;
  /** What a job may run beyond its timeout before GitLab itself fails it (GitLab: 15 min). */
  readonly timeoutGraceMs: number;
  /** A pending job without a runner online that could take it (GitLab: 1 h). */
  readonly stuckMs: number;
  /** A pending job in any case (GitLab: 24 h). */
  readonly pendingMs: number;
  /** Runners that a project may have. */
  readonly runnersPerProject: number;
  /** Whether `POST /runners` takes the registration token; false answers 410 as GitLab does by default. */
  readonly registrationTokens: boolean;
}

export const DEFAULT_LIMITS: GitLabLimits = {
  longPollMs: 50_000,
  confirmationMs: 120_000,
  silenceMs: 70_000,
  timeoutGraceMs: 60_000,
  stuckMs: 3_600_000,
  pendingMs: 86_400_000,
  runnersPerProject: 1_000,
  registrationTokens: true,
};

/** Everything that the stand-in knows, in memory. The rules are functions on it. */
export interface GitLabState {
  readonly clock: StandInClock;
  readonly limits: GitLabLimits;
  readonly accessToken: string;
  readonly registrationToken: string;
  readonly projects: Set<number>;
  readonly pipelines: Map<number, Pipeline>;
  readonly jobs: Map<number, StandInJob>;
  /** Pending jobs, assigned ones included, oldest first. */
  readonly pending: Set<StandInJob>;
  /** Running and canceling jobs. */
  readonly active: Set<StandInJob>;
  readonly runners: Map<number, StandInRunner>;
  readonly runnersByToken: Map<string, StandInRunner>;
  readonly webhooks: Map<number, Webhook>;
  /** The next id of a kind, e.g. `nextId("job")`. */
  readonly nextId: (kind: keyof typeof FIRST_IDS) => number;
  /** Never the same twice: a runner's X-GitLab-Last-Update. */
  readonly nextQueueValue: () => string;
  /** Called at each moment at which GitLab sends a job webhook. */
  onWebhookDue: (job: StandInJob) => void;
  /** Called after anything that a viewer may want to show. */
  onChange: (job?: StandInJob) => void;
}

/** Where ids begin. Job ids of GitLab.com left 32 bits long ago, and so do these. */
const FIRST_IDS = {
  job: 15_000_000_001,
  pipeline: 2_400_000_001,
  runner: 50_000_001,
  manager: 1,
  webhook: 1,
};

const counter = (): GitLabState["nextId"] => {
  const next = { ...FIRST_IDS };
  return (kind) => {
    const id = next[kind];
    next[kind] = id + 1;
    return id;
  };
};

const queueValues = (): GitLabState["nextQueueValue"] => {
  const prefix = randomText(8);
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}${count.toString(16).padStart(8, "0")}`;
  };
};

export const createGitLabState = (
  limits: Partial<GitLabLimits> = {},
  clock: StandInClock = systemClock,
): GitLabState => ({
  clock,
  limits: { ...DEFAULT_LIMITS, ...limits },
  accessToken: `glpat-local-${randomText(10)}`,
  registrationToken: `GR1348941local${randomText(10)}`,
  projects: new Set(),
  pipelines: new Map(),
  jobs: new Map(),
  pending: new Set(),
  active: new Set(),
  runners: new Map(),
  runnersByToken: new Map(),
  webhooks: new Map(),
  nextId: counter(),
  nextQueueValue: queueValues(),
  onWebhookDue: () => undefined,
  onChange: () => undefined,
});
