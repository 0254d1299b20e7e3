import type { QueuedProject } from "../../../Core/ledger/queues";
import type { OrderedAttempt } from "../../../Core/model/ledger";
import { byPriority } from "./queue";

/**
 * Waiting attempts in the order in which they go: each project's first one, then each project's second one and so on. Of
 * a project goes first what its classes' priorities say, then who became pending first.
 *
 * @param queued the projects in the order of the rotation
 */
export const roundRobin = (
  waiting: readonly OrderedAttempt[],
  queued: readonly QueuedProject[],
): readonly OrderedAttempt[] => {
  const places = new Map(queued.map(({ projectId }, place) => [projectId, place]));
  const placeOf = ({ order }: OrderedAttempt): number => places.get(order.projectId) ?? queued.length;
  const before = new Map<number, number>();
  return [...waiting]
    .sort(byPriority)
    .map((attempt) => {
      const round = before.get(attempt.order.projectId) ?? 0;
      before.set(attempt.order.projectId, round + 1);
      return { attempt, round, place: placeOf(attempt) };
    })
    .sort((one, other) => one.round - other.round || one.place - other.place)
    .map(({ attempt }) => attempt);
};
