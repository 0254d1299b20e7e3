/** What a runner runs on. The mapping's `type`. */
export const PROVIDERS = ["LAMBDA", "EC2"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const ARCHITECTURES = ["arm64", "x86_64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const MARKETS = ["spot-first", "spot", "on-demand"] as const;
export type Market = (typeof MARKETS)[number];

/**
 * A kind of runner: provider, size, limit. What the stack's parameters say is the class `default` of each
 * provider; a `class#<name>` row of the mapping table states what differs.
 */
export interface RunnerClass {
  readonly name: string;
  readonly type: Provider;
  /** Seconds a runner lives at most, job included; GitLab's `maximum_timeout` asks for at least 600. */
  readonly lifetimeSeconds: number;
  /** Seconds a runner waits for its job before it leaves. */
  readonly waitTimeoutSeconds: number;
  /** Runners of this class at a time. */
  readonly maxRunners: number;
  /** GitLab project ids that may use the class; absent: all. */
  readonly projects?: readonly number[];
  /** Whether only jobs on protected branches and tags may use the class; absent: no. */
  readonly protectedRefsOnly?: boolean;
  /** EC2 only. */
  readonly ec2?: Ec2Settings;
}

export interface Ec2Settings {
  readonly architecture: Architecture;
  /** Tried together; all of them fit the architecture. */
  readonly instanceTypes: readonly string[];
  readonly market: Market;
  readonly diskGiB: number;
  /** Docker builds need it; a privileged container can take over its instance. */
  readonly privileged: boolean;
}

/** Limits and slots count by this key: the two `default` classes are two classes. */
export const classKey = (runnerClass: Pick<RunnerClass, "type" | "name">): string =>
  `${runnerClass.type}#${runnerClass.name}`;
