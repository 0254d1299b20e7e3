import type { Attempt, Runner, Time } from "../../../Core/ledger";
import { follow } from "./commit";
import type { Dependencies } from "./dependencies";
import { type PickUpFacts, planPickUp } from "./pick-up-plan";
import type { Ledger, OurEvent } from "./ports";

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
  const [runner, attempts] = await Promise.all([ledger.runner(runnerId), ledger.attempts(job.id)]);
  const isStolen = runner !== undefined && runner.jobId !== job.id;
  return {
    job,
    runnerId,
    ...(runner ? { runner } : {}),
    attempts,
    own: await runnersOf(ledger, attempts),
    robbed: isStolen ? await ledger.attempts(runner.jobId) : [],
    ...(pausedAt === undefined ? {} : { pausedAt }),
    now: clock.now(),
  };
};

/**
 * Stores which runner took which job; makes the swap when it was another job's.
 *
 * @param pausedAt when the runner was paused in GitLab, if it was
 * @returns events that are to be put now
 */
export const notePickUp = (
  world: NoteDependencies,
  job: PickUpFacts["job"],
  runnerId: number,
  pausedAt?: Time,
): Promise<readonly OurEvent[]> =>
  follow(world.ledger, async () => {
    const { changes, events } = planPickUp(await readFacts(world, job, runnerId, pausedAt));
    return { changes, result: events };
  });
