import type { BranchFiles } from "../repository/files";
import { ProjectPaths } from "../repository/project-paths";
import type { ProtectedNames } from "../repository/refs";
import { type StandInClock, systemClock } from "./clock";
import { DEFAULT_FEATURES, type GitLabFeatures } from "./features";
import { randomText } from "./random";
import type { Pipeline, StandInJob, StandInRunner, Webhook } from "./records";

/** GitLab's time limits, some shortened for the laptop, and other limits. `Ms`: milliseconds. */
export interface GitLabLimits {
  /** Duration of a long poll at `jobs/request` (GitLab's Workhorse: 50 s). */
  readonly longPollMs: number;
  /** Two-phase commit: time to confirm an assignment (GitLab: 2 min). */
  readonly confirmationMs: number;
  /** A running job without a report of its runner (GitLab: 60 min; a runner reports at least every 30 s). */
  readonly silenceMs: number;
  /** Time beyond a job's time-out before GitLab fails it (GitLab: 15 min). */
  readonly timeoutGraceMs: number;
  /** A pending job without a matching runner online (GitLab: 1 h). */
  readonly stuckMs: number;
  /** Any pending job (GitLab: 24 h). */
  readonly pendingMs: number;
  /** Maximum number of runners of a project. */
  readonly runnersPerProject: number;
  /** Whether `POST /runners` accepts the registration token; if not, it answers 410, GitLab's default. */
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

/** The complete state of the stand-in, in memory. */
export interface GitLabState {
  readonly clock: StandInClock;
  readonly limits: GitLabLimits;
  readonly features: GitLabFeatures;
  readonly accessToken: string;
  readonly registrationToken: string;
  readonly projects: Set<number>;
  readonly paths: ProjectPaths;
  /** By project; see `protectedNames`. */
  readonly protectedNames: Map<number, ProtectedNames>;
  /** By project and branch: those to which a commit was made. */
  readonly branches: Map<number, Map<string, BranchFiles>>;
  /** Git tags by project. */
  readonly tags: Map<number, Set<string>>;
  readonly pipelines: Map<number, Pipeline>;
  readonly jobs: Map<number, StandInJob>;
  /** Pending jobs, including assigned ones, oldest first. */
  readonly pending: Set<StandInJob>;
  /** Jobs that are running or canceling. */
  readonly active: Set<StandInJob>;
  readonly runners: Map<number, StandInRunner>;
  readonly runnersByToken: Map<string, StandInRunner>;
  readonly webhooks: Map<number, Webhook>;
  /** The next id, e.g. `nextId("job")`. */
  readonly nextId: (kind: keyof typeof FIRST_IDS) => number;
  /** A unique value for a runner's X-GitLab-Last-Update. */
  readonly nextQueueValue: () => string;
  /** Called whenever GitLab would send a job webhook. */
  onWebhookDue: (job: StandInJob) => void;
  /** Called after each change of a job. */
  onChange: (job: StandInJob) => void;
  /** Called after each change of a runner record, its deletion included. */
  onRunnerChange: (runner: StandInRunner) => void;
}

/** First ids. As on GitLab.com, job ids exceed 32 bits. */
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
  features: Partial<GitLabFeatures> = {},
): GitLabState => ({
  clock,
  features: { ...DEFAULT_FEATURES, ...features },
  limits: { ...DEFAULT_LIMITS, ...limits },
  accessToken: `glpat-local-${randomText(10)}`,
  registrationToken: `GR1348941local${randomText(10)}`,
  projects: new Set(),
  paths: new ProjectPaths(),
  protectedNames: new Map(),
  branches: new Map(),
  tags: new Map(),
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
  onRunnerChange: () => undefined,
});
