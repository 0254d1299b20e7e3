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
  /** Where everything else of AWS is: launch templates are read there, and other EC2 actions are passed on to it. */
  readonly engineEndpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** For the instances' folders: all that they write lies in it. */
  readonly folder: string;
  /** PATH, LANG, GITLAB_RUNNER and what starts with `GLR_` are handed on to the instances. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the default bus, with source `aws.ec2`. */
  readonly onEvent: (event: Ec2Event) => void;
  readonly log?: (message: string) => void;
  /** Instead of the engine's launch templates, for tests. */
  readonly readTemplate?: ReadTemplate;
}

/** A simulated EC2, answering on loopback. */
export interface Ec2Simulator {
  /** For `AWS_ENDPOINT_URL_EC2`. */
  readonly endpoint: string;
  /** All that it still shows, ended ones too. */
  instances(): readonly SimulatorInstance[];
  /** How many are paid for. */
  running(): number;
  console(instanceId: string): string;
  /** Calls answered by the simulator itself, by action. */
  calls(): Readonly<Record<string, number>>;
  /** As `POST /_/ec2` with the same JSON. */
  control(control: Ec2Control): void;
  close(): Promise<void>;
}

/**
 * Starts the laptop's EC2: launch templates are honoured, their user data runs as processes of this user behind
 * harmless commands, with a metadata service an instance.
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
