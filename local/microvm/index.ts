import { mkdirSync } from "node:fs";
import type { ReadPath } from "../deployed";
import { microVmActions } from "./api/actions";
import { type MicroVmHandler, microVmHandler } from "./api/serve";
import { type MicroVmControl, MicroVmFaults } from "./faults";
import { newestImages, readImage } from "./images";
import { DEFAULT_LIMITS, type MicroVmLimits, MicroVmQuotas } from "./limits";
import { bootFromSnapshot, readyStates } from "./machine/boot";
import type { VmLog, VmLogTarget } from "./machine/vm-log";
import { isAlive, type MicroVm } from "./microvm";
import { MicroVmRegistry } from "./microvms";

export type { MicroVmHandler } from "./api/serve";
export type { MicroVmControl } from "./faults";
export type { MicroVm } from "./microvm";

/** Opens a stream for a MicroVM. */
export interface VmLogs {
  open(target: VmLogTarget): VmLog;
  close(): void;
}

export interface MicroVmHostOptions {
  /** Where what runs in a MicroVM reaches AWS. */
  readonly awsEndpoint: string;
  readonly region: string;
  /** Holds a folder for each MicroVM. Short: sockets are in it. */
  readonly folder: string;
  /** MicroVMs get PATH, LANG and GITLAB_RUNNER. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads images, and the code that they are built from. */
  readonly readPath: ReadPath;
  readonly log?: (message: string) => void;
  /** Where the output of MicroVMs is written that have a log group; absent: nowhere. */
  readonly logs?: VmLogs;
  /** The account's limits; absent: AWS's own. */
  readonly limits?: MicroVmLimits;
}

/** Lambda's MicroVMs on the laptop. It listens nowhere: the gateway hands it its calls. */
export interface MicroVmHost extends MicroVmHandler {
  /** All known MicroVMs, those that have ended too. */
  microVms(): readonly MicroVm[];
  /** The ARN of a MicroVM's image, by which its rights are judged. */
  imageOf(microvmId: string): string | undefined;
  /** Number of MicroVMs that Lambda would charge for. */
  running(): number;
  console(microvmId: string): string;
  /** Builds the deployed images, as AWS does when they are deployed. @throws Error when one cannot be built */
  buildImages(): Promise<void>;
  control(control: MicroVmControl): void;
  close(): Promise<void>;
}

/**
 * Starts the laptop's MicroVMs. Each runs the program that its image is built from, as a process of this user, in a copy of the folder in
 * which the program became ready.
 */
export const startMicroVms = (options: MicroVmHostOptions): MicroVmHost => {
  const { region, folder, readPath, log = () => undefined, limits = DEFAULT_LIMITS } = options;
  mkdirSync(folder, { recursive: true });
  const now = Date.now;
  const faults = new MicroVmFaults();
  const quotas = new MicroVmQuotas(limits, now);
  const image = (arn: string, version: string | undefined) => readImage(readPath, arn, version);
  const stateOf = readyStates(options, readPath);
  const boot = bootFromSnapshot(
    options,
    stateOf,
    ({ imageArn, imageVersion }) => image(imageArn, imageVersion),
    ({ logGroup, ...vm }) => (logGroup === undefined ? undefined : options.logs?.open({ ...vm, logGroup })),
  );
  const registry = new MicroVmRegistry({ region, now, boot, log });
  const actions = microVmActions({ registry, quotas, readImage: image, now });
  return {
    ...microVmHandler({ actions, faults, quotas, log }),
    microVms: () => registry.all(),
    imageOf: (microvmId) => registry.get(microvmId)?.imageArn,
    running: () => registry.all().filter(isAlive).length,
    console: (microvmId) => registry.console(microvmId),
    buildImages: async () => {
      await Promise.all((await newestImages(readPath)).map(stateOf));
    },
    control: (control) => {
      faults.apply(control);
      if (control.reset) quotas.set(DEFAULT_LIMITS);
      if (control.limits) quotas.set(control.limits);
    },
    close: async () => {
      await registry.close();
      options.logs?.close();
    },
  };
};
