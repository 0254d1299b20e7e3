import { randomInt } from "node:crypto";
import type { MicroVmImage } from "../../../../Core/microvm/image";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type {
  FailedLookUp,
  OrderedAttempt,
  OrphanInstance,
  OrphanRecord,
  StartedRunner,
} from "../../../../Core/model/ledger";
import type { RunnerOrder } from "../../../../Core/model/runner-order";

/** Ids that no other test of a shared table uses; beyond 2^31, as GitLab's ids are. */
const FIRST_ID = 3_000_000_000;
export const freshId = (): number => FIRST_ID + randomInt(2 ** 40);

const TIME = Date.UTC(2026, 10, 25, 12);

export const sampleOrder = (order: Partial<RunnerOrder> = {}): RunnerOrder => ({
  jobId: 1,
  projectId: 42,
  jobName: "test: [a, b] 1/3 `id` 🦊",
  tags: ["arm", "docker#1"],
  queuedAt: TIME,
  runnerClass: {
    name: "default",
    type: "EC2",
    lifetimeSeconds: 3600,
    waitTimeoutSeconds: 120,
    maxRunners: 10,
    projects: [42, 43],
    ec2: {
      architecture: "arm64",
      instanceTypes: ["c7g.large", "m7g.large"],
      market: "spot-first",
      diskGiB: 40,
      privileged: false,
    },
  },
  limits: { stack: 100, project: 5 },
  verified: true,
  ...order,
});

export const sampleAttempt = (
  attempt: Partial<OrderedAttempt> & { readonly jobId: number },
): OrderedAttempt => ({
  kind: "attempt",
  attempt: 1,
  version: 1,
  state: "CLAIMED",
  order: sampleOrder({ jobId: attempt.jobId }),
  classKey: "EC2#default",
  times: { CLAIMED: TIME },
  ...attempt,
});

/** An attempt with every field. */
export const fullAttempt = (jobId: number): OrderedAttempt =>
  sampleAttempt({
    jobId,
    order: sampleOrder({ jobId, functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:f" }),
    lease: { kind: "start", holder: "holder-1", until: TIME + 60_000 },
    slot: { stackShard: 3, classShard: 15, project: { id: 42, shard: 2 } },
    waitingFor: "launch-rate",
    notBefore: TIME + 2,
    throttledSince: TIME,
    dispatchedAt: TIME + 1,
    runnerId: freshId(),
    ranOnRunnerId: freshId(),
    resourceId: "i-0123456789abcdef0",
    market: "spot",
    pricePerHour: 0.0336,
    cost: 0,
    reason: "no-job",
    detail: "what AWS said",
    marks: [
      { cause: "start", at: TIME },
      { cause: "slot", at: TIME + 1 },
    ],
    waits: { webhook: 1, slot: 2_000 },
    outcome: "success",
    times: { WAITING: TIME, CLAIMED: TIME + 1, CREATED: TIME + 2 },
    ttl: 1_800_000_000,
  });

export const SAMPLE_IMAGE: MicroVmImage = {
  imageArn: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:gitlab-runners-2048-0a1b2c3d",
  imageVersion: "3.0",
  executionRoleArn: "arn:aws:iam::123456789012:role/runners/microvm/log",
  logGroup: "/microvms",
};

export const sampleRunner = (
  runner: Partial<StartedRunner> & { readonly runnerId: number },
): StartedRunner => ({
  kind: "runner",
  version: 1,
  state: "STARTING",
  jobId: 1,
  attempt: 1,
  launchedFor: { jobId: 1, attempt: 1 },
  order: sampleOrder(),
  classKey: "EC2#default",
  provider: "EC2",
  nonce: "ab".repeat(32),
  launchRound: 0,
  times: { STARTING: TIME },
  ...runner,
});

/** A runner with every field. */
export const fullRunner = (runnerId: number): StartedRunner =>
  sampleRunner({
    runnerId,
    lease: { kind: "start", holder: "holder-1", until: TIME + 60_000 },
    slot: { stackShard: 0, classShard: 1 },
    resourceId: `i-${runnerId}`,
    market: "on-demand",
    pricePerHour: 0.0416,
    holds: [{ cause: "capacity", at: TIME }],
    busyJobId: freshId(),
    busyProjectId: 42,
    pausedAt: TIME + 3,
    endRequestedAt: TIME + 4,
    heldBy: "rate",
    reason: "job-ended",
    detail: "what AWS said",
    microVmImage: SAMPLE_IMAGE,
    keptUntil: TIME + 5,
    times: { STARTING: TIME, CREATED: TIME, LAUNCHED: TIME + 1 },
    ttl: 1_800_000_000,
  });

/** An attempt whose look-up failed. */
export const sampleFailedLookUp = (jobId: number): FailedLookUp => ({
  kind: "attempt",
  jobId,
  attempt: 1,
  version: 1,
  state: "FAILED",
  projectId: 42,
  jobName: "test 🦊",
  reason: "configuration",
  detail: "a row has no type",
  times: { FAILED: TIME },
  ttl: 1_800_000_000,
});

/** An adopted record with the fields that an end adds. */
export const sampleOrphanRecord = (runnerId: number): OrphanRecord => ({
  kind: "runner",
  runnerId,
  version: 1,
  state: "STARTING",
  jobId: 1,
  attempt: 1,
  launchedFor: { jobId: 1, attempt: 1 },
  adopted: true,
  lease: { kind: "end", holder: "holder-1", until: TIME + 60_000 },
  reason: "orphan-adopted",
  times: { STARTING: TIME },
});

export const sampleOrphan = (resourceId: string): OrphanInstance => ({
  kind: "orphan",
  resourceId,
  version: 1,
  state: "FOUND",
  launchedFor: { jobId: 1, attempt: 1 },
  times: { FOUND: TIME },
});

export const sampleRow = (key: string): BootstrapRow => ({
  key,
  url: "https://gitlab.example.com",
  token: "glrt-sample",
  runnerId: 9001,
  provider: "EC2",
  lifetimeSeconds: 3600,
  waitTimeoutSeconds: 120,
  privileged: false,
  deletesOwnRecord: false,
  ttl: 1_800_000_000,
});
