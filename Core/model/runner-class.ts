/** What runs a runner; `type` in the mapping. */
export const PROVIDERS = ["LAMBDA", "EC2", "MICROVM"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Its runners have a machine of their own, which we terminate. A function ends by itself. */
export const hasMachine = (provider: Provider | undefined): boolean =>
  provider === "EC2" || provider === "MICROVM";

export const ARCHITECTURES = ["arm64", "x86_64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const MARKETS = ["spot-first", "spot", "on-demand"] as const;
export type Market = (typeof MARKETS)[number];

/** MiB of memory of a MicroVM. It is a property of its image, so there is an image for each size. */
export const MICROVM_MEMORY_MIB = [512, 1024, 2048, 4096, 8192] as const;
export type MicroVmMemory = (typeof MICROVM_MEMORY_MIB)[number];

/** How a MicroVM runs its job: in a container of its own dockerd, or in the VM itself. */
export const MICROVM_EXECUTORS = ["docker", "shell"] as const;
export type MicroVmExecutor = (typeof MICROVM_EXECUTORS)[number];

/** What a MICROVM class may fall back to where no MicroVM is to be had. */
export const FALLBACK_PROVIDERS = ["EC2", "LAMBDA"] as const;
export type FallbackProvider = (typeof FALLBACK_PROVIDERS)[number];

/**
 * A kind of runner: provider, size, limit. Each provider has a class `default`: what is built in, what the stack's
 * parameters say, and over it the row `class#default` of the mapping table. A `class#<name>` row states what differs from it.
 */
export interface RunnerClass {
  readonly name: string;
  readonly type: Provider;
  /** Maximum life of a runner in seconds, job included. GitLab's `maximum_timeout` is at least 600. */
  readonly lifetimeSeconds: number;
  /** Seconds that a runner waits for its job before it stops. */
  readonly waitTimeoutSeconds: number;
  /** Concurrent runners of this class. */
  readonly maxRunners: number;
  /** Of a project's waiting jobs those of the class with the highest priority go first. Absent: 0. */
  readonly priority?: number;
  /** GitLab project ids that may use the class. Absent: all. */
  readonly projects?: readonly number[];
  /** True if only jobs on protected branches and tags may use the class. Absent: no. */
  readonly protectedRefsOnly?: boolean;
  /** LAMBDA: true if a job with `image` fails instead of running without it. Absent: no. */
  readonly refuseImages?: boolean;
  /** EC2 only. */
  readonly ec2?: Ec2Settings;
  /** MICROVM only. */
  readonly microVm?: MicroVmSettings;
  /** MICROVM: whose default class its jobs get where no MicroVM is to be had. Absent: they wait. */
  readonly fallback?: FallbackProvider;
  /** MICROVM: minutes for which the VM of a failed job is kept, suspended. Never on a protected ref. Absent: none. */
  readonly keepOnFailureMinutes?: number;
}

/** A MicroVM is arm64. */
export interface MicroVmSettings {
  readonly memoryMiB: MicroVmMemory;
  readonly executor: MicroVmExecutor;
  /** Of jobs that name no image; for the docker executor. */
  readonly image: string;
  /** As on EC2, for the docker executor: Docker builds need it. Absent: no. */
  readonly privileged?: true;
}

export interface Ec2Settings {
  readonly architecture: Architecture;
  /** Tried together. All of them fit the architecture. */
  readonly instanceTypes: readonly string[];
  readonly market: Market;
  readonly diskGiB: number;
  /** Docker builds need it. A privileged container can take over its instance. */
  readonly privileged: boolean;
  /** Operators may open a shell on the machine of a job on an unprotected ref. Absent: no. */
  readonly shell?: boolean;
  /** The image's id. Absent: the launch template's. */
  readonly imageId?: string;
}

/** Whether job containers may do as root of their machine does. */
export const isPrivileged = ({ ec2, microVm }: Pick<RunnerClass, "ec2" | "microVm">): boolean =>
  ec2?.privileged ?? microVm?.privileged ?? false;

/** Key for limits and slots. It includes the provider: the two `default` classes are two classes. */
export const classKey = (runnerClass: Pick<RunnerClass, "type" | "name">): string =>
  `${runnerClass.type}#${runnerClass.name}`;

/** The provider in such a key. Undefined: a later version made it. */
export const providerInKey = (key: string): Provider | undefined =>
  PROVIDERS.find((provider) => key.startsWith(`${provider}#`));
