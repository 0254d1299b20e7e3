import { mkdirSync } from "node:fs";
import type { Socket } from "node:net";
import type { MetLimits } from "../limits/met-limits";
import { ec2Actions } from "./api/actions";
import type { ReadTemplate } from "./api/launch-template";
import { type Ec2Handler, ec2Handler } from "./api/serve";
import { applyControl, type Ec2Control } from "./control";
import { Ec2Faults } from "./faults";
import { ImageRegistry } from "./images";
import type { SimulatorInstance } from "./instance";
import { type Ec2Event, InstanceRegistry } from "./instances";
import { bootMachine } from "./machine/machine";
import type { InstanceCredentials } from "./machine/metadata-service";
import { accountPools, Pools } from "./pools";

export { engineTemplates } from "./api/launch-template";
export type { Ec2Handler } from "./api/serve";
export type { Ec2Control } from "./control";
export type { SimulatorInstance as Instance } from "./instance";
export type { Ec2Event } from "./instances";
export type { InstanceCredentials } from "./machine/metadata-service";

export interface Ec2SimulatorOptions {
  /** Where an instance's processes reach AWS. */
  readonly awsEndpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Holds a folder for each instance, with everything that the instance writes. */
  readonly folder: string;
  /** Instances get PATH, LANG, GITLAB_RUNNER and the variables that start with `GLR_`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Receives the events for the default bus (source `aws.ec2`). */
  readonly onEvent: (event: Ec2Event) => void;
  readonly log?: (message: string) => void;
  readonly readTemplate: ReadTemplate;
  /** The credentials of an instance's role, by the instance profile; undefined for an instance without one. */
  readonly credentialsOf: (instance: SimulatorInstance) => Promise<InstanceCredentials | undefined>;
  /** Whether another user of this machine is at the other end of a connection to a metadata service. */
  readonly isAnotherUser?: (socket: Socket) => Promise<boolean>;
  /** The account's limits; absent: none until `control` sets some. */
  readonly account?: MetLimits;
}

/** A simulated EC2. It listens nowhere but for its instances' metadata services: the gateway hands it its calls. */
export interface Ec2Simulator extends Ec2Handler {
  /** All known instances, terminated ones included. */
  instances(): readonly SimulatorInstance[];
  /** Number of instances that EC2 would charge for. */
  running(): number;
  console(instanceId: string): string;
  /** Number of calls that the simulator answered itself, by action. */
  calls(): Readonly<Record<string, number>>;
  control(control: Ec2Control): void;
  close(): Promise<void>;
}

/**
 * Starts the laptop's EC2. An instance runs the user data of its launch template as processes of this user, with
 * the command stubs, with a metadata service for each instance.
 */
export const startEc2 = (options: Ec2SimulatorOptions): Ec2Simulator => {
  const { region, accountId, folder, env, onEvent, readTemplate, log = () => undefined } = options;
  const { awsEndpoint, credentialsOf, account, isAnotherUser = async () => false } = options;
  mkdirSync(folder, { recursive: true });
  const now = Date.now;
  const faults = new Ec2Faults();
  const images = new ImageRegistry(now);
  const pools = new Pools(account && accountPools(account.limits), account?.met);
  const calls: Record<string, number> = {};
  const registry: InstanceRegistry = new InstanceRegistry({
    region,
    accountId,
    now,
    onEvent,
    log,
    boot: (instance, onPowerOff) =>
      bootMachine(
        instance,
        {
          folder,
          env,
          region,
          accountId,
          awsEndpoint,
          now,
          current: (id) => registry.get(id),
          credentialsOf,
          isAnotherUser,
          imageOf: (imageId) => images.get(imageId),
          installFault: () => faults.installFault(),
          isFlaky: () => faults.isMetadataFlaky(),
        },
        onPowerOff,
      ),
  });
  const handler = ec2Handler({
    actions: ec2Actions({ registry, pools, images, accountId, region, readTemplate, now }),
    faults,
    onCall: (action) => {
      calls[action] = (calls[action] ?? 0) + 1;
    },
    log,
  });
  return {
    ...handler,
    instances: () => registry.all(),
    running: () => registry.living().length,
    console: (instanceId) => registry.console(instanceId),
    calls: () => ({ ...calls }),
    control: (change) => applyControl(change, { registry, pools, faults, now }),
    close: () => registry.close(),
  };
};
