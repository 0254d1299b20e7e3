/** What runs a runner; `type` in the mapping. */
export const PROVIDERS = ["LAMBDA", "EC2"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const ARCHITECTURES = ["arm64", "x86_64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const MARKETS = ["spot-first", "spot", "on-demand"] as const;
export type Market = (typeof MARKETS)[number];

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

/** Key for limits and slots. It includes the provider: the two `default` classes are two classes. */
export const classKey = (runnerClass: Pick<RunnerClass, "type" | "name">): string =>
  `${runnerClass.type}#${runnerClass.name}`;
