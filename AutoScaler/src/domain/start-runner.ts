import type { Lease } from "../../../Core/ledger";
import type { RunnerOrder } from "../../../Core/runner-order";
import { type ClaimDependencies, claim } from "./claim";
import { type CreateDependencies, createRunner } from "./create-runner";
import { freedLaunch } from "./freed";
import { type LaunchDependencies, launchRunner } from "./launch-runner";
import { giveLeaseBack, newLease } from "./leases";
import { rememberProject } from "./seen-projects";
import type { StartOutcome } from "./start-outcome";
import type { Turn } from "./turns";

export type StartDependencies = ClaimDependencies & CreateDependencies & LaunchDependencies;

/** The lease may be on the attempt or, once it is stored, on the runner. */
const release = async ({ ledger }: StartDependencies, jobId: number, lease: Lease): Promise<void> => {
  const readAttempt = async () => (await ledger.attempts(jobId)).at(-1);
  await giveLeaseBack(ledger, lease, readAttempt);
  await giveLeaseBack(ledger, lease, async () => {
    const runnerId = (await readAttempt())?.runnerId;
    return runnerId === undefined ? undefined : ledger.runner(runnerId);
  });
};

/** Whoever had to wait lets the next one go when its own call is made: so the line moves on at EC2's pace. */
const passOn = (outcome: StartOutcome, { passesOn }: Turn): StartOutcome =>
  outcome.kind === "launched" && passesOn ? { ...outcome, freed: freedLaunch } : outcome;

const claimCreateLaunch = async (
  world: StartDependencies,
  order: RunnerOrder,
  lease: Lease,
): Promise<StartOutcome> => {
  const claimed = await claim(world, order, lease);
  if (claimed.kind !== "claimed" && claimed.kind !== "resumed") return claimed;
  const ready = claimed.kind === "resumed" ? claimed : await createRunner(world, claimed.attempt, lease);
  if (ready.kind !== "created" && ready.kind !== "resumed") return ready;
  return passOn(await launchRunner(world, ready.runner, ready.attempt.wokenAt), claimed.turn);
};

/**
 * Starts one runner for a pending job: claim, create, launch, launched; each step is stored before the next, and
 * a repeat resumes from what is stored. On a failure the lease is given back, so the workflow's retry goes on.
 *
 * @throws TransientError, ConfigurationError from the ports
 */
export const startRunner = async (world: StartDependencies, order: RunnerOrder): Promise<StartOutcome> => {
  const lease = newLease(world, "start");
  // Beside the start, not before it: the job does not wait for it.
  const remembered = order.verified ? rememberProject(world, order.projectId) : undefined;
  try {
    return await claimCreateLaunch(world, order, lease);
  } catch (error) {
    await release(world, order.jobId, lease);
    throw error;
  } finally {
    await remembered;
  }
};
