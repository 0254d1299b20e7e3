import type { StartedRunner } from "../../../Core/model/ledger";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { instanceTypeOf } from "../../../Core/model/spot-pool";
import type { Dependencies } from "../dependencies";
import type { Launch } from "../ports";
import { recordPoolFailure } from "./pool-failures";
import { wasLostToSpot } from "./spot-loss";

export type SpotDependencies = Pick<Dependencies, "ledger" | "clock" | "metric" | "spotPools">;

/** What a launch needs to know of spot. It is stored with the runner: a repeated launch is the same request (I-18). */
export type SpotPlan = Pick<StartedRunner, "restingPools" | "afterSpotLoss">;

const asksForSpot = ({ runnerClass }: RunnerOrder): boolean =>
  runnerClass.ec2 !== undefined && runnerClass.ec2.market !== "on-demand";

/** The pools of the class's types that rest. Absent: the runner is never bought as spot. */
export const restingPlan = async (
  dependencies: SpotDependencies,
  order: RunnerOrder,
): Promise<Pick<SpotPlan, "restingPools">> => {
  if (!asksForSpot(order)) return {};
  const types = order.runnerClass.ec2?.instanceTypes ?? [];
  const resting = await dependencies.spotPools.resting(dependencies);
  return { restingPools: resting.filter((pool) => types.includes(instanceTypeOf(pool))) };
};

/** For a runner that is to be created. Reads beside GitLab's answer, and never throws. */
export const spotPlan = async (dependencies: SpotDependencies, order: RunnerOrder): Promise<SpotPlan> => {
  const wasLost = asksForSpot(order) && wasLostToSpot(dependencies, order);
  const [plan, isLost] = await Promise.all([restingPlan(dependencies, order), wasLost]);
  return isLost ? { ...plan, afterSpotLoss: true } : plan;
};

/** Stores what a launch has learned: the pools without capacity. Of a missing role it counts each launch. */
export const learn = async (
  dependencies: SpotDependencies,
  { launchedFor, launchRound, order }: StartedRunner,
  { shortPools = [], lacksSpotRole }: Launch,
): Promise<void> => {
  if (lacksSpotRole) dependencies.metric("SpotRoleMissing", 1);
  if (shortPools.length === 0) return;
  const resting = await dependencies.spotPools.resting(dependencies);
  const of = `${launchedFor.jobId}-${launchedFor.attempt}-${launchRound}`;
  const news = shortPools.filter((pool) => !resting.includes(pool));
  await Promise.all(news.map((pool) => recordPoolFailure(dependencies, pool, of, order.spotBreaker)));
  dependencies.spotPools.forget();
};
