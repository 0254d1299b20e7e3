import { mkdirSync } from "node:fs";
import { ec2Actions } from "./api/actions";
import { engineTemplates, type ReadTemplate } from "./api/launch-template";
import { portOf, startServer } from "./api/server";
import { applyControl, type Ec2Control } from "./control";
import { Ec2Faults } from "./faults";
import type { SimulatorInstance } from "./instance";
import { type Ec2Event, InstanceRegistry } from "./instances";
import { bootMachine } from "./machine/machine";
import { Pools } from "./pools";

export type { Ec2Control } from "./control";
export type { SimulatorInstance as Instance } from "./instance";
export type { Ec2Event } from "./instances";

export interface Ec2SimulatorOptions {
  /** The engine with the other AWS services. Launch templates are read there; it also answers all other EC2 actions. */
  readonly engineEndpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Holds a folder for each instance, with everything that the instance writes. */
  readonly folder: string;
  /** Instances get PATH, LANG, GITLAB_RUNNER and the variables that start with `GLR_`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Receives the events for the default bus (source `aws.ec2`). */
  readonly onEvent: (event: Ec2Event) => void;
  readonly log?: (message: string) => void;
  /** Replaces the engine's launch templates in tests. */
  readonly readTemplate?: ReadTemplate;
}

/** A simulated EC2 on loopback. */
export interface Ec2Simulator {
  /** For `AWS_ENDPOINT_URL_EC2`. */
  readonly endpoint: string;
  /** All known instances, terminated ones included. */
  instances(): readonly SimulatorInstance[];
  /** Number of instances that EC2 would charge for. */
  running(): number;
  console(instanceId: string): string;
  /** Number of calls that the simulator answered itself, by action. */
  calls(): Readonly<Record<string, number>>;
  /** Same as `POST /_/ec2` with this JSON. */
  control(control: Ec2Control): void;
  close(): Promise<void>;
}

/**
 * Starts the laptop's EC2. An instance runs the user data of its launch template as processes of this user, with
 * the command stubs, with a metadata service for each instance.
 */
export const startEc2 = async (options: Ec2SimulatorOptions): Promise<Ec2Simulator> => {
  const { region, accountId, engineEndpoint, folder, env, onEvent, log = () => undefined } = options;
  mkdirSync(folder, { recursive: true });
  const now = Date.now;
  const faults = new Ec2Faults();
  const pools = new Pools();
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
          engineEndpoint,
          now,
          current: (id) => registry.get(id),
          credentials: { AccessKeyId: accountId, SecretAccessKey: "laptop", Token: "laptop" },
          isFlaky: () => faults.isMetadataFlaky(),
        },
        onPowerOff,
      ),
  });
  const readTemplate = options.readTemplate ?? engineTemplates(engineEndpoint, region, accountId);
  const control = (change: Ec2Control): void => applyControl(change, { registry, pools, faults, now });
  const server = await startServer(
    {
      actions: ec2Actions({ registry, pools, readTemplate, now }),
      faults,
      engineEndpoint,
      onCall: (action) => {
        calls[action] = (calls[action] ?? 0) + 1;
      },
      control: (body) => {
        control(body as Ec2Control);
        return { instances: registry.all(), pools: pools.get(), calls };
      },
      log,
    },
    options.port ?? 0,
  );
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    instances: () => registry.all(),
    running: () => registry.living().length,
    console: (instanceId) => registry.console(instanceId),
    calls: () => ({ ...calls }),
    control,
    close: async () => {
      await registry.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};
