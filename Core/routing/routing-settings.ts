import { ConfigurationError } from "../errors";
import type { TagBounds } from "../job-tags/bounds";
import {
  ARCHITECTURES,
  type Architecture,
  type Market,
  type MicroVmSettings,
  type Provider,
  type RunnerClass,
} from "../model/runner-class";
import { DEFAULT_LIMITS, type QueueTimeObjective } from "../model/runner-order";
import type { SpotBreaker } from "../model/spot-pool";
import type { MonthlyBudget } from "../usage/budget";
import type { Home } from "./function-arn";
import { MAX_LAMBDA_LIFETIME_SECONDS, MAX_MICROVM_LIFETIME_SECONDS } from "./mapping-row";
import type { ServedProject } from "./served-projects";
import type { UnmappedJobs } from "./settings-row";

/** What the AutoScaler stack's parameters and the mapping's settings row say about routing and limits. */
export interface RoutingSettings {
  /** For jobs without a row: the default runner, or nothing. */
  readonly unmappedJobs: UnmappedJobs;
  /** Empty: those whose webhook reached us. */
  readonly servedProjects: readonly ServedProject[];
  /** Runners of all classes and projects at a time. */
  readonly maxRunners: number;
  /** Runners of one project at a time; absent: no limit of its own. */
  readonly maxRunnersPerProject?: number;
  /** When a spot pool is left alone; absent: the default. */
  readonly spotBreaker?: SpotBreaker;
  /** How long jobs may wait; absent: nobody says. */
  readonly queueTimeObjective?: QueueTimeObjective;
  /** How far jobs may go with their tags; absent: as far as the allowed instance types go. */
  readonly bounds?: TagBounds;
  /** What projects may cost a month; absent: as much as it comes to. */
  readonly budgets?: readonly MonthlyBudget[];
  /** The Lambda function that unmapped jobs get: the stack's, else LambdaShellRunner's. Absent: they get the default class of EC2. */
  readonly defaultRunnerArn?: string;
  /** The class `default` of each provider. */
  readonly defaults: Readonly<Record<Provider, RunnerClass>>;
  /** What no class may exceed. EC2: after so long an instance switches itself off, whatever its class says. */
  readonly longestLifetimeSeconds: Readonly<Record<Provider, number>>;
  /** What a class may choose from: IAM allows no other. */
  readonly allowedInstanceTypes: Readonly<Record<Architecture, readonly string[]>>;
  /** Where runner functions have to be; absent: any account and region. */
  readonly home?: Home;
}

/** The class `default` of each provider, where the mapping does not say otherwise. */
const DEFAULT_MARKET: Market = "spot-first";
const DEFAULT_LIFETIME_SECONDS: Readonly<Record<Provider, number>> = {
  LAMBDA: 900,
  EC2: 7_200,
  MICROVM: 7_200,
};
const DEFAULT_WAIT_TIMEOUT_SECONDS: Readonly<Record<Provider, number>> = {
  LAMBDA: 60,
  EC2: 120,
  MICROVM: 60,
};
/** As on an instance (Ec2Runner/user-data.sh). */
const DEFAULT_MICROVM: MicroVmSettings = {
  memoryMiB: 2048,
  executor: "docker",
  image: "public.ecr.aws/docker/library/debian:13-slim",
};
/** Where neither the class nor the settings row says otherwise. */
const DEFAULT_MAX_RUNNERS_PER_CLASS = 50;

/** The environment variables that `parseRoutingSettings` reads. */
export const ROUTING_VARIABLES = [
  "DEFAULT_ARCHITECTURE",
  "INSTANCE_TYPES_ARM64",
  "INSTANCE_TYPES_X86_64",
  "DISK_GIB",
  "EC2_MAX_LIFETIME_SECONDS",
] as const;
type Variable = (typeof ROUTING_VARIABLES)[number];

type Environment = Readonly<Record<string, string | undefined>>;

const fail = (variable: Variable, wanted: string, value: string | undefined): never => {
  throw new ConfigurationError(
    `${variable} is ${JSON.stringify(value ?? "")}, not ${wanted}: deploy AutoScaler again with its parameters set right`,
  );
};

const number = (env: Environment, variable: Variable): number => {
  const value = Number(env[variable]);
  return env[variable]?.trim() && Number.isSafeInteger(value) && value > 0
    ? value
    : fail(variable, "a whole number above 0", env[variable]);
};

const choice = <Known extends string>(env: Environment, variable: Variable, known: readonly Known[]): Known =>
  known.find((each) => each === env[variable]) ?? fail(variable, known.join(" or "), env[variable]);

const list = (env: Environment, variable: Variable): readonly string[] =>
  (env[variable] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

const ec2Default = (
  env: Environment,
  allowed: RoutingSettings["allowedInstanceTypes"],
): Pick<RunnerClass, "ec2"> => {
  const architecture = choice<Architecture>(env, "DEFAULT_ARCHITECTURE", ARCHITECTURES);
  return {
    ec2: {
      architecture,
      instanceTypes: allowed[architecture],
      market: DEFAULT_MARKET,
      diskGiB: number(env, "DISK_GIB"),
      privileged: false,
    },
  };
};

/**
 * Reads the settings from a function's environment, with the defaults of what only the mapping says (the names are
 * `ROUTING_VARIABLES`, and `DEFAULT_RUNNER_ARN`, which may be empty).
 *
 * @param home where the function itself is
 * @param publishedRunnerArn the default runner where the stack names none
 * @throws ConfigurationError naming the variable that is wrong
 */
export const parseRoutingSettings = (
  env: Environment,
  home?: Home,
  publishedRunnerArn?: string,
): RoutingSettings => {
  const allowedInstanceTypes = {
    arm64: list(env, "INSTANCE_TYPES_ARM64"),
    x86_64: list(env, "INSTANCE_TYPES_X86_64"),
  };
  const longestLifetimeSeconds = {
    LAMBDA: MAX_LAMBDA_LIFETIME_SECONDS,
    EC2: number(env, "EC2_MAX_LIFETIME_SECONDS"),
    MICROVM: MAX_MICROVM_LIFETIME_SECONDS,
  };
  const classOf = (type: Provider, rest: Pick<RunnerClass, "ec2" | "microVm">): RunnerClass => ({
    name: "default",
    type,
    lifetimeSeconds: Math.min(DEFAULT_LIFETIME_SECONDS[type], longestLifetimeSeconds[type]),
    waitTimeoutSeconds: DEFAULT_WAIT_TIMEOUT_SECONDS[type],
    maxRunners: DEFAULT_MAX_RUNNERS_PER_CLASS,
    ...rest,
  });
  const arn = env.DEFAULT_RUNNER_ARN?.trim() || publishedRunnerArn;
  return {
    unmappedJobs: "DEFAULT",
    servedProjects: [],
    maxRunners: DEFAULT_LIMITS.stack,
    ...(arn ? { defaultRunnerArn: arn } : {}),
    defaults: {
      LAMBDA: classOf("LAMBDA", {}),
      EC2: classOf("EC2", ec2Default(env, allowedInstanceTypes)),
      MICROVM: classOf("MICROVM", { microVm: DEFAULT_MICROVM }),
    },
    longestLifetimeSeconds,
    allowedInstanceTypes,
    ...(home ? { home } : {}),
  };
};
