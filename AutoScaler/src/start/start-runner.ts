import { defined } from "../../../Core/defined";
import { runnerStartedEvent } from "../../../Core/events/runner-events";
import type { Lease, StartedRunner } from "../../../Core/model/ledger";
import type { RunnerOrder, StartOrder } from "../../../Core/model/runner-order";
import { isLimited } from "../launch-rate/launch-rate";
import type { Reservation } from "../launch-rate/reservations";
import { newLease, releaseLease } from "../ledger/leases";
import { rememberProject } from "../ledger/seen-projects";
import { freedLaunch, freedTwoLaunches } from "../queue/freed";
import type { StartOutcome } from "../queue/start-outcome";
import { afterError } from "../waits/blamed";
import { type ClaimDependencies, claim } from "./claim";
import { type CreateDependencies, createRunner } from "./create-runner";
import { type LaunchDependencies, launchRunner } from "./launch-runner";

export type StartDependencies = ClaimDependencies & CreateDependencies & LaunchDependencies;

/** The lease may be on the attempt or, once it is stored, on the runner. */
const release = async (
  { ledger }: StartDependencies,
  jobId: number,
  lease: Lease,
  error: unknown,
): Promise<void> => {
  const readAttempt = async () => {
    const attempt = (await ledger.attempts(jobId)).at(-1);
    return attempt && afterError(attempt, error);
  };
  await releaseLease(ledger, lease, readAttempt);
  await releaseLease(ledger, lease, async () => {
    const runnerId = (await readAttempt())?.runnerId;
    return runnerId === undefined ? undefined : ledger.runner(runnerId);
  });
};

/** Whoever had to wait dispatches the next one when its own call is made: so the queue moves on at the launch rate. */
const passOn = (
  outcome: StartOutcome,
  { provider }: StartedRunner,
  { passesOn }: Reservation,
): StartOutcome => {
  if (outcome.kind !== "launched" || passesOn === 0 || !isLimited(provider)) return outcome;
  return { ...outcome, freed: passesOn === 1 ? freedLaunch(provider) : freedTwoLaunches(provider) };
};

/** What others are told of a launch. What failed has told it where it was stored. */
const withEvents = (
  { deploymentId }: StartDependencies,
  order: RunnerOrder,
  outcome: StartOutcome,
): StartOutcome =>
  outcome.kind === "launched"
    ? { ...outcome, events: [runnerStartedEvent(deploymentId, order, outcome)] }
    : outcome;

const claimCreateLaunch = async (
  dependencies: StartDependencies,
  order: RunnerOrder,
  lease: Lease,
  thisStart: Omit<StartOrder, keyof RunnerOrder>,
): Promise<StartOutcome> => {
  const claimed = await claim(dependencies, order, lease, thisStart);
  if (claimed.kind !== "claimed" && claimed.kind !== "resumed") return claimed;
  const ready =
    claimed.kind === "resumed" ? claimed : await createRunner(dependencies, claimed.attempt, lease);
  if (ready.kind !== "created" && ready.kind !== "resumed") return ready;
  return passOn(await launchRunner(dependencies, ready), ready.runner, claimed.reservation);
};

/**
 * Starts one runner for a pending job: claim, create, launch, launched; each step is stored before the next, and
 * a repeat resumes from what is stored. On a failure the lease is released, so the workflow's retry goes on.
 *
 * @throws TransientError, ConfigurationError from the ports
 */
export const startRunner = async (
  dependencies: StartDependencies,
  { again, seenAt, isFound, waitedSince, ...order }: StartOrder,
): Promise<StartOutcome> => {
  const lease = newLease(dependencies, "start");
  // Beside the start, not before it: the job does not wait for it.
  const remembered = order.verified ? rememberProject(dependencies, order.projectId) : undefined;
  try {
    const asked = defined({ again, seenAt, isFound, waitedSince });
    return withEvents(dependencies, order, await claimCreateLaunch(dependencies, order, lease, asked));
  } catch (error) {
    await release(dependencies, order.jobId, lease, error);
    throw error;
  } finally {
    await remembered;
  }
};
