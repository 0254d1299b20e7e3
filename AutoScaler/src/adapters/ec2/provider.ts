import { JOB_TAG, STACK_TAG } from "../../../../Core/configuration";
import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";
import type { StartedRunner } from "../../../../Core/model/ledger";
import type { Launch, LaunchRefusal, RunnerProvider } from "../../ports";
import type { Ec2Api, Ec2Instance } from "./client";
import { callEc2, describeError, type Ec2ErrorKind, kindOfError } from "./errors";
import { type FleetAnswer, readFleetAnswer } from "./fleet-answer";
import { type BoughtAs, type FleetSettings, fleetRequest, jobTag } from "./fleet-request";

export interface Ec2ProviderSettings extends FleetSettings {
  /** The runner role's unique id (`AROA…`). Role id and instance id form the instance's `aws:userid`. */
  readonly roleId: string;
}

export interface Ec2ProviderParts {
  /** USD per hour. Undefined: unknown. */
  readonly pricePerHour?: (instanceType: string, boughtAs: BoughtAs) => number | undefined;
}

const unknown = (why: string): TransientError =>
  new TransientError(`Whether EC2 launched an instance is unknown: ${why}`);

const ALIVE = ["pending", "running", "stopping", "stopped"];

/** Refusals of a spot call after which an on-demand call may succeed: it has other pools and quotas. */
const NEXT_MARKET_ON: readonly string[] = ["capacity", "limit", "unsupported"];

const REFUSAL: Readonly<Partial<Record<Ec2ErrorKind, LaunchRefusal>>> = {
  capacity: "capacity",
  limit: "limit",
  rate: "rate",
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
export const ec2Provider = (
  ec2: Ec2Api,
  settings: Ec2ProviderSettings,
  { pricePerHour = () => undefined }: Ec2ProviderParts = {},
): RunnerProvider => {
  const launched = (instanceId: string, boughtAs: BoughtAs, instanceType?: string): Launch => {
    const price = instanceType === undefined ? undefined : pricePerHour(instanceType, boughtAs);
    return {
      kind: "launched",
      resourceId: instanceId,
      market: boughtAs,
      bootstrapKey: `${settings.roleId}:${instanceId}`,
      ...defined({ pricePerHour: price }),
    };
  };

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
    const boughtAs = instance.InstanceLifecycle === "spot" ? "spot" : "on-demand";
    return launched(instance.InstanceId, boughtAs, instance.InstanceType);
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
      };
    }
  };

  const outcome = (answer: FleetAnswer): Launch => {
    if (answer.kind === "instance") {
      return launched(answer.instanceId, answer.boughtAs, answer.instanceType);
    }
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
    const market = runner.order.runnerClass.ec2?.market ?? "on-demand";
    const first = await createFleet(runner, market === "on-demand" ? "on-demand" : "spot");
    const isShort = first.kind === "errors" && NEXT_MARKET_ON.includes(first.error);
    if (market !== "spot-first" || !isShort) return outcome(first);
    return outcome(await createFleet(runner, "on-demand"));
  };

  return { launch, find };
};
