import type { FailedLookUp, OrderedAttempt, OrphanInstance, StartedRunner } from "../../Core/model/ledger";
import { classKey, type RunnerClass } from "../../Core/model/runner-class";
import type { RunnerOrder } from "../../Core/model/runner-order";
import { functionArn, NOW } from "./deployment-double";

export const LAMBDA_CLASS: RunnerClass = {
  name: "default",
  type: "LAMBDA",
  lifetimeSeconds: 900,
  waitTimeoutSeconds: 60,
  maxRunners: 50,
};
export const DOCKER_CLASS: RunnerClass = {
  name: "docker",
  type: "EC2",
  lifetimeSeconds: 3600,
  waitTimeoutSeconds: 120,
  maxRunners: 3,
  ec2: {
    architecture: "arm64",
    instanceTypes: ["m7g.large"],
    market: "spot-first",
    diskGiB: 60,
    privileged: true,
  },
};

export const MICROVM_CLASS: RunnerClass = {
  name: "default",
  type: "MICROVM",
  lifetimeSeconds: 7_200,
  waitTimeoutSeconds: 60,
  maxRunners: 50,
  microVm: { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" },
};

const SECOND = 1_000;
export const QUEUED = NOW - 300 * SECOND;

export const order = (jobId: number, runnerClass = LAMBDA_CLASS): RunnerOrder => ({
  jobId,
  projectId: 42,
  jobName: "unit tests",
  tags: ["a", "b"],
  queuedAt: QUEUED,
  runnerClass,
  ...(runnerClass.type === "LAMBDA" ? { functionArn: functionArn("runner") } : {}),
  verified: true,
});

/** An attempt as the ledger has it; `changes` go over a launched one. */
export const attempt = (
  jobId: number,
  changes: Partial<OrderedAttempt> = {},
  runnerClass = LAMBDA_CLASS,
): OrderedAttempt => ({
  kind: "attempt",
  jobId,
  attempt: 1,
  version: 3,
  state: "LAUNCHED",
  order: order(jobId, runnerClass),
  classKey: classKey(runnerClass),
  runnerId: jobId + 1_000,
  times: { CLAIMED: QUEUED + 1 * SECOND, CREATED: QUEUED + 2 * SECOND, LAUNCHED: QUEUED + 3 * SECOND },
  ...changes,
});

export const runner = (
  jobId: number,
  changes: Partial<StartedRunner> = {},
  runnerClass = LAMBDA_CLASS,
): StartedRunner => ({
  kind: "runner",
  runnerId: jobId + 1_000,
  version: 2,
  state: "STARTING",
  jobId,
  attempt: 1,
  launchedFor: { jobId, attempt: 1 },
  order: order(jobId, runnerClass),
  classKey: classKey(runnerClass),
  provider: runnerClass.type,
  nonce: "secret-nonce",
  launchRound: 0,
  times: { STARTING: QUEUED + 2 * SECOND, LAUNCHED: QUEUED + 3 * SECOND },
  ...changes,
});

/** An instance that is nobody's runner, found a minute ago. */
export const orphan = (resourceId: string): OrphanInstance => ({
  kind: "orphan",
  resourceId,
  version: 1,
  state: "FOUND",
  launchedFor: { jobId: 77, attempt: 1 },
  times: { FOUND: NOW - 60 * SECOND },
});

/** An attempt for which it was not found out which runner the job needs. */
export const failedLookUp = (jobId: number, changes: Partial<FailedLookUp> = {}): FailedLookUp => ({
  kind: "attempt",
  jobId,
  attempt: 1,
  version: 1,
  state: "FAILED",
  projectId: 42,
  jobName: "unit tests",
  reason: "configuration",
  detail: "The row has no type",
  times: { FAILED: NOW - 3_600 * SECOND },
  ...changes,
});
