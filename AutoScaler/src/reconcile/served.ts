import type { OrderedAttempt } from "../../../Core/model/ledger";
import type { RoutingSettings } from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import { failAttempt } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import { isServed } from "../limits/is-served";
import type { ReconcileContext } from "./context";
import type { Part } from "./parts";
import type { JobsRead } from "./read/jobs";
import { isKnownServed } from "./read/projects";

/** Asks for a project once a pass, and only where the list of members does not tell. */
export const servesProjects = (
  { gitLab }: Pick<Dependencies, "gitLab">,
  { servedProjects }: RoutingSettings,
  jobs: JobsRead,
  part: Part,
): ReconcileContext["serves"] => {
  const asked = new Map<number, Promise<boolean>>();
  return async (projectId) => {
    if (isKnownServed(servedProjects, jobs, projectId)) return true;
    const answer =
      asked.get(projectId) ??
      part("served", true, () => isServed({ gitLab }, servedProjects, projectId), projectId);
    asked.set(projectId, answer);
    return answer;
  };
};

const close = (
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  { jobId, attempt: number }: OrderedAttempt,
): Promise<void> =>
  retryOnConflict(ledger, async () => {
    const found = (await ledger.attempts(jobId)).find(({ attempt }) => attempt === number);
    const isWaiting = found?.state === "WAITING";
    return {
      changes: isWaiting ? failAttempt(found, { reason: "not-served" }, clock.now()) : [],
      result: undefined,
    };
  });

/**
 * Jobs that wait and whose project the settings do not list any more leave the queue; nobody would start them. When their
 * project is listed again, they get their next attempt.
 *
 * @returns those that stay
 */
export const dropNotServed = async (
  { dependencies, part, serves }: Pick<ReconcileContext, "dependencies" | "part" | "serves">,
  waiting: readonly OrderedAttempt[],
): Promise<readonly OrderedAttempt[]> => {
  const stays: OrderedAttempt[] = [];
  for (const attempt of waiting) {
    if (await serves(attempt.order.projectId)) stays.push(attempt);
    else await part("served", undefined, () => close(dependencies, attempt), attempt.jobId);
  }
  return stays;
};
