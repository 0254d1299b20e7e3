import { defined } from "../../../../Core/defined";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { RunnerOrder } from "../../../../Core/model/runner-order";
import type { Dependencies } from "../../dependencies";
import { restingPlan, type SpotDependencies, type SpotPlan, spotPlan } from "../../spot/spot-plan";

export type PlanDependencies = SpotDependencies & Pick<Dependencies, "microVmImages">;

/** What a launch depends on besides its order. It is stored with the runner: a repeated launch is the same request (I-18). */
export type LaunchPlan = SpotPlan & Pick<StartedRunner, "microVmImage">;

const imageOf = async (
  { microVmImages }: PlanDependencies,
  { runnerClass: { microVm } }: RunnerOrder,
): Promise<Pick<StartedRunner, "microVmImage">> =>
  microVm === undefined ? {} : defined({ microVmImage: await microVmImages.image(microVm.memoryMiB) });

/** For a runner that is to be created. Reads beside GitLab's answer. */
export const launchPlan = async (
  dependencies: PlanDependencies,
  order: RunnerOrder,
): Promise<LaunchPlan> => ({
  ...(await spotPlan(dependencies, order)),
  ...(await imageOf(dependencies, order)),
});

/** For the next round of a launch. */
export const nextPlan = async (dependencies: PlanDependencies, order: RunnerOrder): Promise<LaunchPlan> => ({
  ...(await restingPlan(dependencies, order)),
  ...(await imageOf(dependencies, order)),
});
