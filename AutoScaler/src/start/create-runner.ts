import { runnerDescription } from "../../../Core/configuration";
import { defined } from "../../../Core/defined";
import { NoAnswerError, ThrottledError, TransientError } from "../../../Core/errors";
import { logStreamKey } from "../../../Core/log-stream";
import type { BootstrapRow } from "../../../Core/model/bootstrap-row";
import {
  advanceAttempt,
  type Lease,
  type OrderedAttempt,
  type StartedRunner,
  type Time,
} from "../../../Core/model/ledger";
import { isPrivileged } from "../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { isRepeat } from "../../../Core/queue/retry-schedule";
import type { Dependencies } from "../dependencies";
import { closeUnstarted } from "../ledger/close-attempt";
import { commit } from "../ledger/commit";
import type { NewRunner, RunnerCache } from "../ports";
import { NOT_THROTTLED } from "../queue/queue";
import type { StartOutcome } from "../queue/start-outcome";
import { waitForGitLab } from "../queue/wait-for-gitlab";
import {
  BOOT_SECONDS,
  LAUNCH_TIMEOUT_SECONDS,
  MIN_MAXIMUM_TIMEOUT_SECONDS,
  WAIT_MARGIN_SECONDS,
} from "../timing";
import { reached } from "../waits/blamed";
import { launchPlan } from "./launch/launch-plan";
import { isOnProtectedRef, type ProtectedRefDependencies } from "./protected-ref";
import { runnerCache } from "./runner-cache";

export type CreateDependencies = Pick<
  Dependencies,
  | "ledger"
  | "gitLab"
  | "clock"
  | "nonce"
  | "metric"
  | "deploymentId"
  | "spotPools"
  | "cacheAccess"
  | "microVmImages"
> &
  ProtectedRefDependencies;

export type Creation =
  | { readonly kind: "created"; readonly attempt: OrderedAttempt; readonly runner: StartedRunner }
  | StartOutcome;

/** What is asked of GitLab: tags exactly as needed, our mark in the description (I-14, F-25). */
export const newRunner = (order: RunnerOrder, deploymentId: string, attempt: number): NewRunner => ({
  projectId: order.projectId,
  description: runnerDescription(deploymentId, order.jobId, attempt),
  tags: order.tags,
  maximumTimeoutSeconds: Math.max(MIN_MAXIMUM_TIMEOUT_SECONDS, order.runnerClass.lifetimeSeconds),
  accessLevel: order.onProtectedRef ? "ref_protected" : "not_protected",
});

/** How long the row may wait for its reader: until the last launch that is tried, then queue or boot. */
export const bootstrapSeconds = (order: RunnerOrder): number =>
  LAUNCH_TIMEOUT_SECONDS + BOOT_SECONDS[order.runnerClass.type] + WAIT_MARGIN_SECONDS;

const storedRunner = (
  attempt: OrderedAttempt,
  id: number,
  nonce: string,
  lease: Lease,
  now: Time,
): StartedRunner => ({
  kind: "runner",
  runnerId: id,
  version: 1,
  state: "STARTING",
  jobId: attempt.jobId,
  attempt: attempt.attempt,
  launchedFor: { jobId: attempt.jobId, attempt: attempt.attempt },
  order: attempt.order,
  classKey: attempt.classKey,
  provider: attempt.order.runnerClass.type,
  lease,
  ...(attempt.slot ? { slot: attempt.slot } : {}),
  nonce,
  launchRound: 0,
  times: { STARTING: now, CREATED: now },
});

/** Never where the ref is protected, nor where GitLab does not tell. */
const allowsShell = ({ runnerClass, onProtectedRef }: RunnerOrder): boolean =>
  runnerClass.ec2?.shell === true && onProtectedRef === false;

/** The row of a runner as it is stored: with another provider it is another one. */
export const rowOf = (
  runner: StartedRunner,
  { token, cache }: { readonly token: string; readonly cache?: RunnerCache | undefined },
  gitLab: CreateDependencies["gitLab"],
  now: Time,
): BootstrapRow => ({
  key: runner.nonce,
  url: gitLab.url,
  ...(gitLab.caCertificate === undefined
    ? {}
    : { caCertificate: Buffer.from(gitLab.caCertificate).toString("base64") }),
  token,
  runnerId: runner.runnerId,
  provider: runner.provider,
  lifetimeSeconds: runner.order.runnerClass.lifetimeSeconds,
  waitTimeoutSeconds: runner.order.runnerClass.waitTimeoutSeconds,
  privileged: isPrivileged(runner.order.runnerClass),
  ...(runner.provider === "EC2" ? { logStream: logStreamKey(runner.nonce) } : {}),
  ...(runner.order.runnerClass.refuseImages ? { refuseImages: true } : {}),
  ...defined({ shell: allowsShell(runner.order) || undefined }),
  ...(cache ? { cache } : {}),
  deletesOwnRecord: gitLab.mode === "payload",
  ttl: Math.ceil(now / 1000) + bootstrapSeconds(runner.order),
});

/**
 * The attempt left CLAIMED while its runner was made: the record's token was shown to nobody, so it may go at
 * once. What fails here the reconciler finds by its description.
 */
const dropRecord = async (dependencies: CreateDependencies, runnerId: number): Promise<StartOutcome> => {
  const isStored = (await dependencies.ledger.runner(runnerId)) !== undefined;
  if (!isStored && dependencies.gitLab.mode === "verified") await dependencies.gitLab.deleteRunner(runnerId);
  return { kind: "nothing", reason: "met-meanwhile" };
};

const PAUSE_MILLISECONDS = 2_000;

/**
 * Asks GitLab for a runner. What had no answer may have made one, so only the first try of a job is repeated at once:
 * each repeat may leave a record that the reconciler has to clear away (F-25, I-25).
 */
const ask = async ({ gitLab, clock }: CreateDependencies, claimed: OrderedAttempt, request: NewRunner) => {
  const isFirstTry = claimed.attempt === 1 && !isRepeat(claimed);
  try {
    return await gitLab.createRunner(request);
  } catch (error) {
    const mayHelp = error instanceof TransientError && !(error instanceof ThrottledError);
    if (!mayHelp || !isFirstTry) throw error;
    await clock.sleep(PAUSE_MILLISECONDS);
    return gitLab.createRunner(request);
  }
};

const askOrFail = async (...asked: Parameters<typeof ask>) => {
  try {
    return await ask(...asked);
  } catch (error) {
    if (error instanceof ThrottledError) return { waitSeconds: error.waitSeconds };
    if (!(error instanceof TransientError)) throw error;
    throw new NoAnswerError(error.message, { cause: error });
  }
};

/** The claim with what the runner is made for. Read only now, so that a job that waits costs GitLab nothing. */
const withProtection = async (
  dependencies: CreateDependencies,
  claimed: OrderedAttempt,
): Promise<OrderedAttempt> => {
  const { onProtectedRef: _, ...order } = claimed.order;
  const isProtected = await reached(() => isOnProtectedRef(dependencies, order));
  return { ...claimed, order: { ...order, ...defined({ onProtectedRef: isProtected }) } };
};

/**
 * Makes the runner's record in GitLab and stores it: one transaction, on condition that the attempt is still as
 * claimed, with id, runner and bootstrap row (traces 2, 11). The lease and the slot go over to the runner.
 *
 * @throws NoAnswerError when GitLab did not say whether it made one; TransientError when it was not asked to
 */
export const createRunner = async (
  dependencies: CreateDependencies,
  unread: OrderedAttempt,
  lease: Lease,
): Promise<Creation> => {
  const claimed = await withProtection(dependencies, unread);
  const { runnerClass, onProtectedRef } = claimed.order;
  if (runnerClass.protectedRefsOnly && !onProtectedRef) {
    return closeUnstarted(dependencies, claimed, { reason: "ref-not-protected", isLast: true });
  }
  const request = newRunner(claimed.order, dependencies.deploymentId, claimed.attempt);
  // Beside GitLab's answer, which takes longer: the start is no later for them.
  const planned = launchPlan(dependencies, claimed.order);
  // Its failure counts where it is used.
  planned.catch(() => undefined);
  const asked = askOrFail(dependencies, claimed, request);
  const cached = runnerCache(dependencies, claimed.order, bootstrapSeconds(claimed.order));
  const answer = await asked;
  if ("waitSeconds" in answer) return waitForGitLab(dependencies, claimed, answer.waitSeconds);
  if ("refused" in answer) {
    return closeUnstarted(dependencies, claimed, { reason: "gitlab-refused", detail: answer.refused });
  }
  const now = dependencies.clock.now();
  const runner = {
    ...storedRunner(claimed, answer.id, dependencies.nonce(), lease, now),
    ...(await planned),
  };
  const attempt = advanceAttempt(claimed, "CREATED", now, {
    runnerId: answer.id,
    ...NOT_THROTTLED,
    lease: undefined,
    slot: undefined,
  });
  const row = rowOf(runner, { token: answer.token, cache: await cached }, dependencies.gitLab, now);
  const stored = await commit(dependencies.ledger, [{ put: attempt }, { put: runner }, { bootstrap: row }]);
  return stored ? { kind: "created", attempt, runner } : dropRecord(dependencies, answer.id);
};
