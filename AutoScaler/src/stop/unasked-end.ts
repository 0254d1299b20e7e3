import { endedByItself, hasLivedOut } from "../../../Core/model/job-end";
import type { Runner, Time } from "../../../Core/model/ledger";
import {
  INSTANCE_DEATH_CODES,
  INTERRUPTION_CODES,
  type InstanceDeathCode,
  type RunnerEndCode,
} from "../../../Core/model/reasons";
import type { JobFacts } from "./end-order";

/** Ends that nobody asked for. The metric `RunnersLost` counts each under its reason. */
export const LOSSES: readonly RunnerEndCode[] = [
  "never-contacted",
  "record-deleted",
  "runner-paused",
  "runner-crashed",
  "lifetime-reached",
  ...INSTANCE_DEATH_CODES,
  ...INTERRUPTION_CODES,
];

export interface LossFacts {
  readonly runner: Runner;
  /** EC2 had announced that it takes the spot instance back. */
  readonly hadNotice: boolean;
  readonly now: Time;
}

/** What takes a runner's job with it, other than a sudden death. */
const foreseen = ({ runner, hadNotice, now }: LossFacts): RunnerEndCode | undefined => {
  if (hadNotice) return "spot-interruption";
  return hasLivedOut(runner, now) ? "lifetime-reached" : undefined;
};

/** True if the runner may be the cause of the job's failure: its own script is not. */
export const mayBeLost = (job: JobFacts): boolean => job.status === "failed" && !endedByItself(job);

/** Why a runner took its job with it, which GitLab shows as ended. Undefined: it did not, as far as known. */
export const lossOfJob = (facts: LossFacts, job: JobFacts): RunnerEndCode | undefined =>
  mayBeLost(job) && job.runnerId === facts.runner.runnerId ? foreseen(facts) : undefined;

/** Why the instance of a runner died that had work to do. */
export const causeOfDeath = (facts: LossFacts, death: InstanceDeathCode): RunnerEndCode =>
  foreseen(facts) ?? death;
