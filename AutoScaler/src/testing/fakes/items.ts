import type { OrderedAttempt, OrphanRecord, StartedRunner } from "../../../../Core/model/ledger";
import type { RunnerClass } from "../../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../../Core/model/runner-order";
import type { GitLabJob } from "../../ports";
import type { Snapshot } from "../../reconcile/snapshot";

/** Builders of complete items: a test names only what it varies. Job 7, runner 9001, EC2's default class. */
export const NOW = Date.UTC(2026, 10, 25, 12);

export const aClass = (patch: Partial<RunnerClass> = {}): RunnerClass => ({
  name: "default",
  type: "EC2",
  lifetimeSeconds: 3600,
  waitTimeoutSeconds: 120,
  maxRunners: 10,
  ...patch,
});

export const anOrder = (patch: Partial<RunnerOrder> = {}): RunnerOrder => ({
  jobId: 7,
  projectId: 1,
  jobName: "build",
  tags: ["ec2"],
  queuedAt: NOW,
  runnerClass: aClass(),
  verified: true,
  ...patch,
});

export const anAttempt = (patch: Partial<OrderedAttempt> = {}): OrderedAttempt => ({
  kind: "attempt",
  jobId: 7,
  attempt: 1,
  version: 1,
  state: "LAUNCHED",
  order: anOrder(),
  classKey: "EC2#default",
  times: {},
  ...patch,
});

export const aRunner = (patch: Partial<StartedRunner> = {}): StartedRunner => ({
  kind: "runner",
  runnerId: 9001,
  version: 1,
  state: "STARTING",
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  order: anOrder(),
  classKey: "EC2#default",
  provider: "EC2",
  nonce: "n",
  launchRound: 0,
  resourceId: "i-1",
  times: { STARTING: NOW, CREATED: NOW, LAUNCHED: NOW },
  ...patch,
});

/** An adopted runner record; it has no instance of its own. */
export const anOrphanRecord = (patch: Partial<OrphanRecord> = {}): OrphanRecord => ({
  kind: "runner",
  runnerId: 9001,
  version: 1,
  state: "STARTING",
  jobId: 7,
  attempt: 1,
  launchedFor: { jobId: 7, attempt: 1 },
  adopted: true,
  times: { STARTING: NOW },
  ...patch,
});

export const aJob = (patch: Partial<GitLabJob> = {}): GitLabJob => ({
  id: 7,
  projectId: 1,
  name: "build",
  status: "pending",
  tags: ["ec2"],
  createdAt: NOW,
  ...patch,
});

/** A pass's snapshot: empty except for the patch. */
export const aSnapshot = (patch: Partial<Snapshot> = {}): Snapshot => ({
  now: NOW,
  readAt: NOW,
  attempts: [],
  runners: [],
  orphans: [],
  waiting: [],
  queued: [],
  unreadQueues: new Set(),
  jobs: new Map(),
  listed: new Set(),
  partial: new Set(),
  instances: undefined,
  seen: new Set(),
  ...patch,
});
