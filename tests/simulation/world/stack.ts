import type { MappingRow } from "../../../AutoScaler/src/ports";
import { defined } from "../../../Core/defined";
import type { RunnerClass } from "../../../Core/model/runner-class";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { DEPLOYMENT_ID } from "../../templates/resolve";

/** What the templates' alarms watch. */
export const DEPLOYMENT = DEPLOYMENT_ID;
export const REGION = "eu-west-1";
const FUNCTION_ARN = `arn:aws:lambda:${REGION}:111122223333:function:runner`;

/** The stack's parameters in a simulation. */
export interface StackParameters {
  readonly totalLimit: number;
  readonly classLimit: number;
  /** Runners of one project at a time; absent: no limit of its own. */
  readonly projectLimit?: number;
  readonly lambdaWaitSeconds: number;
  readonly ec2WaitSeconds: number;
  readonly ec2LifetimeSeconds: number;
  readonly market: "spot-first" | "spot" | "on-demand";
}

export const STACK_DEFAULTS: StackParameters = {
  totalLimit: 100,
  classLimit: 100,
  lambdaWaitSeconds: 60,
  ec2WaitSeconds: 120,
  ec2LifetimeSeconds: 3_600,
  market: "spot-first",
};

const lambdaClass = ({ lambdaWaitSeconds, classLimit }: StackParameters): RunnerClass => ({
  name: "default",
  type: "LAMBDA",
  lifetimeSeconds: 900,
  waitTimeoutSeconds: lambdaWaitSeconds,
  maxRunners: classLimit,
});

const ec2Class = ({
  ec2WaitSeconds,
  ec2LifetimeSeconds,
  classLimit,
  market,
}: StackParameters): RunnerClass => ({
  name: "default",
  type: "EC2",
  lifetimeSeconds: ec2LifetimeSeconds,
  waitTimeoutSeconds: ec2WaitSeconds,
  maxRunners: classLimit,
  ec2: { architecture: "arm64", instanceTypes: ["m7g.large"], market, diskGiB: 30, privileged: false },
});

const microVmClass = ({ classLimit }: StackParameters): RunnerClass => ({
  name: "default",
  type: "MICROVM",
  lifetimeSeconds: 3_600,
  waitTimeoutSeconds: 60,
  maxRunners: classLimit,
  microVm: { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" },
});

/** Jobs that no row names are foreign. */
export const routingOf = (stack: StackParameters): RoutingSettings => ({
  unmappedJobs: "IGNORE",
  servedProjects: ["group/*"],
  maxRunners: stack.totalLimit,
  ...defined({ maxRunnersPerProject: stack.projectLimit }),
  defaults: { LAMBDA: lambdaClass(stack), EC2: ec2Class(stack), MICROVM: microVmClass(stack) },
  allowedInstanceTypes: { arm64: ["m7g.large"], x86_64: ["m7i.large"] },
  longestLifetimeSeconds: { LAMBDA: 900, EC2: 86_400, MICROVM: 28_800 },
});

/** For which a failed job of the kind `kept` keeps its VM. */
export const KEPT_MINUTES = 10;

/** Kinds of jobs: name and tags, with or without a row in the mapping. */
export const KINDS = {
  lambda: { name: "on-lambda", tags: [] },
  ec2: { name: "on-ec2", tags: ["ec2"] },
  /** Its runners match jobs of `ec2` too. */
  large: { name: "on-large", tags: ["ec2", "large"] },
  /** Without a row: its tags say what it wants. */
  sized: { name: "on-its-size", tags: ["aws:cpu=2", "aws:spot=false"] },
  /** Without a row: any of our EC2 runners may take it. */
  foreign: { name: "nobodys", tags: ["ec2"] },
  /** On a MicroVM, or not at all. */
  microVm: { name: "on-microvm", tags: ["microvm"] },
  /** On a MicroVM, or on EC2 where there is none. */
  elastic: { name: "on-microvm-or-ec2", tags: ["microvm", "elastic"] },
  /** On a MicroVM that is kept for ten minutes if it fails. */
  kept: { name: "on-kept-microvm", tags: ["microvm", "kept"] },
  /** Its row names a class that does not exist. */
  broken: { name: "broken", tags: ["broken"] },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly tags: readonly string[] }>>;
export type Kind = keyof typeof KINDS;

export const MAPPING: readonly MappingRow[] = [
  { pk: "job#on-lambda", sk: "tags#", type: "LAMBDA", arn: FUNCTION_ARN },
  { pk: "job#on-ec2", sk: "tags#ec2", type: "EC2" },
  { pk: "job#on-large", sk: "tags#ec2#large", type: "EC2", class: "large" },
  { pk: "class#large", sk: "class", type: "EC2", maxRunners: 2 },
  { pk: "job#on-microvm", sk: "tags#microvm", type: "MICROVM" },
  { pk: "job#on-microvm-or-ec2", sk: "tags#elastic#microvm", type: "MICROVM", class: "elastic" },
  { pk: "class#elastic", sk: "class", type: "MICROVM", memoryMiB: 1024, fallback: "EC2" },
  { pk: "job#on-kept-microvm", sk: "tags#kept#microvm", type: "MICROVM", class: "kept" },
  { pk: "class#kept", sk: "class", type: "MICROVM", keepOnFailure: KEPT_MINUTES },
  { pk: "job#broken", sk: "tags#broken", type: "EC2", class: "no-such-class" },
];
