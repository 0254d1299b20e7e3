import { anAttempt, anOrder, NOW } from "../testing/fakes/items";
import { roundRobin } from "./round-robin";

const waiting = (jobId: number, projectId: number, queuedAt = NOW + jobId) =>
  anAttempt({ jobId, state: "WAITING", order: anOrder({ jobId, projectId, queuedAt }) });

const queued = (...projectIds: readonly number[]) =>
  projectIds.map((projectId) => ({ projectId, version: 1, rotation: NOW, queues: [], joinedAt: NOW }));

const order = (attempts: readonly ReturnType<typeof waiting>[], ...projects: readonly number[]) =>
  roundRobin(attempts, queued(...projects)).map(({ jobId }) => jobId);

describe("P-9: who waits", () => {
  it("goes project by project in the order of the rotation, whoever came first", () => {
    expect(order([waiting(1, 1), waiting(2, 1), waiting(3, 2), waiting(4, 2)], 2, 1)).toEqual([3, 1, 4, 2]);
  });

  it("goes in a project's own turn by when it became pending", () => {
    expect(order([waiting(1, 1, NOW + 9), waiting(2, 1), waiting(3, 2)], 1, 2)).toEqual([2, 3, 1]);
  });

  it("goes last in each round where its project is not in the rotation yet", () => {
    expect(order([waiting(1, 9), waiting(2, 9), waiting(3, 2), waiting(4, 1)], 1, 2)).toEqual([4, 3, 1, 2]);
  });
});
