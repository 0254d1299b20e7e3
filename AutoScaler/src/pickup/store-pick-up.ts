import { defined } from "../../../Core/defined";
import { type Attempt, isOfProject, type Runner, type Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import type { Ledger, LedgerChange, OurEvent } from "../ports";
import { closeWait, type Waited } from "../waits/close-wait";
import { tellWait } from "../waits/tell-wait";
import { type PickUpFacts, planPickUp } from "./pick-up-plan";

type NoteDependencies = Pick<Dependencies, "ledger" | "clock" | "metric">;

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

export interface StoredPickUp {
  /** They are to be put now. */
  readonly events: readonly OurEvent[];
  /** What the job waited for. Absent: it was told before, or nothing is stored of the job. */
  readonly waited?: Waited;
}

/** The plan, and with it the wait of the job. Without GitLab's word it began when its webhook came. */
const planned = (
  facts: PickUpFacts,
): { readonly changes: readonly LedgerChange[]; readonly result: StoredPickUp } => {
  const { changes, events } = planPickUp(facts);
  const { attempts, own, job, now } = facts;
  const closed = closeWait(changes, attempts, own, { ...job, startedAt: job.startedAt ?? now }, now);
  return { changes: closed.changes, result: { events, ...defined({ waited: closed.waited }) } };
};

/**
 * Stores which runner took which job; makes the swap when it was another job's. Counts what the job waited for, once.
 *
 * @param pausedAt when the runner was paused in GitLab, if it was
 */
export const storePickUp = async (
  dependencies: NoteDependencies,
  job: PickUpFacts["job"],
  runnerId: number,
  pausedAt?: Time,
): Promise<StoredPickUp> => {
  const stored = await retryOnConflict(dependencies.ledger, async () =>
    planned(await readFacts(dependencies, job, runnerId, pausedAt)),
  );
  if (stored.waited !== undefined) tellWait(dependencies, stored.waited);
  return stored;
};
