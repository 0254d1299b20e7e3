import type { BusEntry } from "../../Core/events/bus-entry";
import { Simulation } from "./world/world";

/** What others are told in a world in which things go wrong, held to what the simulated GitLab and AWS have seen. */

const runnerOf = ({ Detail }: BusEntry): number => JSON.parse(Detail).runnerId;
const idsOf = (told: readonly BusEntry[], type: BusEntry["DetailType"]): readonly number[] =>
  told.filter(({ DetailType }) => DetailType === type).map(runnerOf);

const simulated = async (options: Partial<ConstructorParameters<typeof Simulation>[0]> = {}) => {
  const world = new Simulation({ seed: 18, ...options });
  const told: BusEntry[] = [];
  world.executions.onTold = (entry) => told.push(entry);
  for (let index = 0; index < 60; index += 1)
    world.after(index * 5, () => world.addJob({ kind: index % 3 === 0 ? "ec2" : "lambda" }));
  await world.run(3_600);
  return { world, told };
};

it("tells of each runner once that it started and once that it ended, and of no job that had none", async () => {
  const { world, told } = await simulated();
  expect(world.verdict()).toEqual([]);
  const started = idsOf(told, "RunnerStarted");
  expect(new Set(started).size).toBe(60); // one for each job
  expect([...started].sort()).toEqual([...idsOf(told, "RunnerEnded")].sort());
  expect(started).toHaveLength(60);
  expect(told.filter(({ DetailType }) => DetailType === "JobStartFailed")).toEqual([]);
});

it("I-25: tells of no runner's end twice, though events come twice and late", async () => {
  const { told } = await simulated({ bus: { twice: 0.5, late: 0.2 } });
  const ended = idsOf(told, "RunnerEnded");
  expect(ended.length).toBe(new Set(ended).size);
  expect(ended.length).toBeGreaterThanOrEqual(60); // one for each job at least
});
