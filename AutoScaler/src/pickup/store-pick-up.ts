import { defined } from "../../../Core/defined";
import { type Attempt, isOfProject, type Runner, type Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import type { Ledger, OurEvent } from "../ports";
import { type PickUpFacts, planPickUp } from "./pick-up-plan";

type NoteDependencies = Pick<Dependencies, "ledger" | "clock">;

const runnersOf = async (ledger: Ledger, attempts: readonly Attempt[]): Promise<readonly Runner[]> => {
  const ids = [...new Set(attempts.flatMap(({ runnerId }) => (runnerId === undefined ? [] : [runnerId])))];
  const runners = await Promise.all(ids.map((id) => ledger.runner(id)));
  return runners.filter((runner) => runner !== undefined);
};

const readFacts = async (
  { ledger, clock }: NoteDependencies,
  job: PickUpFacts["job"],
  runnerId: number,
  pausedAt: Time | undefined,
): Promise<PickUpFacts> => {
  const [runner, all] = await Promise.all([ledger.runner(runnerId), ledger.attempts(job.id)]);
  // What the ledger holds under the number for another project is not touched.
  const attempts = all.filter((attempt) => isOfProject(attempt, job.projectId));
  const isStolen = runner !== undefined && runner.jobId !== job.id;
  return {
    job,
    runnerId,
    ...defined({ runner }),
    attempts,
    own: await runnersOf(ledger, attempts),
    reassigned: isStolen ? await ledger.attempts(runner.jobId) : [],
    ...defined({ pausedAt }),
    now: clock.now(),
  };
};

/**
 * Stores which runner took which job; makes the swap when it was another job's.
 *
 * @param pausedAt when the runner was paused in GitLab, if it was
 * @returns events that are to be put now
 */
export const storePickUp = (
  dependencies: NoteDependencies,
  job: PickUpFacts["job"],
  runnerId: number,
  pausedAt?: Time,
): Promise<readonly OurEvent[]> =>
  retryOnConflict(dependencies.ledger, async () => {
    const { changes, events } = planPickUp(await readFacts(dependencies, job, runnerId, pausedAt));
    return { changes, result: events };
  });
