import { JOB_TAG, STACK_TAG } from "../../../../Core/configuration";
import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { BoughtAs } from "../../../../Core/pricing/prices";
import type { Launch, LaunchRefusal, RunnerProvider, SpotLessons } from "../../ports";
import type { Ec2Api, Ec2Instance } from "./client";
import type { Ec2ErrorKind } from "./error-codes";
import { callEc2, describeError, kindOfError } from "./errors";
import { type FleetAnswer, poolOf, readFleetAnswer } from "./fleet-answer";
import { type FleetSettings, fleetRequest, jobTag, marketsOf } from "./fleet-request";

export interface Ec2ProviderSettings extends FleetSettings {
  /** The runner role's unique id (`AROA…`). Role id and instance id form the instance's `aws:userid`. */
  readonly roleId: string;
}

const unknown = (why: string): TransientError =>
  new TransientError(`Whether EC2 launched an instance is unknown: ${why}`);

type Bought = Pick<
  Extract<FleetAnswer, { kind: "instance" }>,
  "instanceId" | "boughtAs" | "instanceType" | "pool"
>;

/** What a spot call has taught. A missing role is said loudly: nobody else says why everything is bought on demand. */
const lessonsOf = (runner: StartedRunner, answer: FleetAnswer): SpotLessons => {
  if (answer.kind === "silent") return {};
  const { shortPools } = answer;
  const ofPools: SpotLessons = shortPools.length > 0 ? { shortPools } : {};
  const lacksSpotRole = answer.kind === "errors" && answer.error === "spot-role";
  if (!lacksSpotRole) return ofPools;
  const remedy = "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";
  log.error("SPOT_ROLE_MISSING", { jobId: runner.jobId, runnerId: runner.runnerId, remedy });
  return { ...ofPools, lacksSpotRole };
};

const ALIVE = ["pending", "running", "stopping", "stopped"];

/** Refusals after which the other market may have an instance: it has other pools and quotas, and needs no spot role. */
const NEXT_MARKET_ON: readonly string[] = ["capacity", "limit", "unsupported", "spot-role"];

const REFUSAL: Readonly<Partial<Record<Ec2ErrorKind, LaunchRefusal>>> = {
  capacity: "capacity",
  limit: "limit",
  rate: "rate",
  "spot-role": "spot-role",
  other: "other",
  unsupported: "configuration",
  configuration: "configuration",
};

/**
 * Runners on EC2: each launch is one EC2 Fleet of type `instant` with one instance.
 *
 * Errors are classified (F-31…F-33). A call with an unknown outcome is not repeated here. The caller's repeat
 * has the same client token and parameters, and an instance that was launched is found by its tag (I-19).
 *
 * @param ec2 a client with attempts and time-outs set
 */
export const ec2Provider = (ec2: Ec2Api, settings: Ec2ProviderSettings): RunnerProvider => {
  const launched = ({ instanceId, boughtAs, instanceType, pool }: Bought): Launch => ({
    kind: "launched",
    resourceId: instanceId,
    market: boughtAs,
    bootstrapKey: `${settings.roleId}:${instanceId}`,
    ...defined({ instanceType, pool: boughtAs === "spot" ? pool : undefined }),
  });

  const look = async (runner: StartedRunner): Promise<Ec2Instance | undefined> => {
    const answer = await callEc2("Looking for the instance of a lost answer", () =>
      ec2.describeInstances({
        Filters: [
          { Name: `tag:${STACK_TAG}`, Values: [settings.deploymentId] },
          { Name: `tag:${JOB_TAG}`, Values: [jobTag(runner)] },
          { Name: "instance-state-name", Values: ALIVE },
        ],
      }),
    );
    return answer.Reservations?.flatMap(({ Instances }) => Instances ?? [])[0];
  };

  const find = async (runner: StartedRunner): Promise<Launch | undefined> => {
    const instance = await look(runner);
    if (instance?.InstanceId === undefined) return undefined;
    const { InstanceId: instanceId, InstanceType: instanceType } = instance;
    const boughtAs = instance.InstanceLifecycle === "spot" ? "spot" : "on-demand";
    return launched({ instanceId, boughtAs, ...defined({ instanceType, pool: poolOf(instance) }) });
  };

  const createFleet = async (runner: StartedRunner, boughtAs: BoughtAs): Promise<FleetAnswer> => {
    const request = fleetRequest(settings, runner, boughtAs);
    try {
      const answer = await ec2.createFleet(request);
      return readFleetAnswer(answer, boughtAs);
    } catch (error) {
      return {
        kind: "errors",
        error: kindOfError(error),
        message: describeError(error),
        insideAnswer: false,
        shortPools: [],
      };
    }
  };

  const outcome = (answer: FleetAnswer): Launch => {
    if (answer.kind === "instance") return launched(answer);
    if (answer.kind === "silent") throw unknown("the fleet names neither instance nor error");
    const refusal = REFUSAL[answer.error];
    if (refusal === undefined) throw unknown(answer.message);
    return { kind: "refused", refusal, message: answer.message };
  };

  /**
   * A runner stored more than once may have been launched already: an earlier call may have bought on demand
   * what the spot call would buy now. The instance's tag shows it, once EC2 lists the instance.
   */
  const launch = async (runner: StartedRunner): Promise<Launch> => {
    const earlier = runner.version > 1 ? await find(runner) : undefined;
    if (earlier !== undefined) return earlier;
    let answer: FleetAnswer = { kind: "silent" };
    const lessons: SpotLessons[] = [];
    for (const boughtAs of marketsOf(settings, runner)) {
      answer = await createFleet(runner, boughtAs);
      if (boughtAs === "spot") lessons.push(lessonsOf(runner, answer));
      if (answer.kind !== "errors" || !NEXT_MARKET_ON.includes(answer.error)) break;
    }
    return Object.assign(outcome(answer), ...lessons);
  };

  return { launch, find };
};
