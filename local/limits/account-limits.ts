/** One of AWS's limits, as an account has it. */
export interface Limit {
  /** In AWS's words. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The page that says so. */
  readonly source: string;
}

const DOCS = "https://docs.aws.amazon.com";

const limit = (name: string, value: number, unit: string, page: string): Limit => ({
  name,
  value,
  unit,
  source: `${DOCS}/${page}`,
});

/** The limits that the laptop holds its AWS to. */
export type LimitKey =
  | "concurrentExecutions"
  | "tenantEnvironments"
  | "tenantIdleSeconds"
  | "onDemandVcpus"
  | "spotVcpus"
  | "parameterStoreReads"
  | "tableReads"
  | "tableWrites"
  | "spotRoles";

export type AccountLimits = Readonly<Record<LimitKey, Limit>>;

/** Environments of tenants for each thousand of concurrency. */
export const TENANTS_PER_THOUSAND = 2_500;
/** AWS does not say how long it keeps an idle environment; minutes were seen. Virtual time takes this. */
export const SEEN_IDLE_SECONDS = 300;
/** What the laptop takes instead, so that a trial of some hundred jobs ends while somebody waits for it. */
const LAPTOP_IDLE_SECONDS = SEEN_IDLE_SECONDS / 5;

/** What new accounts are reported to have; the page says that it is less than 1,000. */
const NEW_CONCURRENCY = 10;
const tenantsAt = (concurrency: number): number => (concurrency / 1_000) * TENANTS_PER_THOUSAND;

/**
 * An account that nobody has raised a limit of yet. The simulation's account takes its figures from here, all but the
 * idle time.
 */
export const NEW_ACCOUNT: AccountLimits = {
  concurrentExecutions: limit(
    "Lambda concurrent executions",
    NEW_CONCURRENCY,
    "",
    "lambda/latest/dg/gettingstarted-limits.html",
  ),
  // Idle ones are counted.
  tenantEnvironments: limit(
    "Lambda tenant environments",
    tenantsAt(NEW_CONCURRENCY),
    "",
    "lambda/latest/dg/tenant-isolation-troubleshooting.html",
  ),
  tenantIdleSeconds: limit(
    "Idle tenant environment",
    LAPTOP_IDLE_SECONDS,
    "seconds",
    "lambda/latest/dg/lambda-runtime-environment.html",
  ),
  onDemandVcpus: limit("EC2 on-demand vCPUs", 5, "", "ec2/latest/instancetypes/ec2-instance-quotas.html"),
  spotVcpus: limit("EC2 spot vCPUs", 5, "", "ec2/latest/instancetypes/ec2-instance-quotas.html"),
  parameterStoreReads: limit("Parameter Store reads", 40, "a second", "general/latest/gr/ssm.html"),
  tableReads: limit(
    "Reads of a new DynamoDB table",
    12_000,
    "a second",
    "amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
  ),
  tableWrites: limit(
    "Writes of a new DynamoDB table",
    4_000,
    "a second",
    "amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
  ),
  // EC2 makes it at the first spot request of somebody who may; our functions may not.
  spotRoles: limit(
    "Service-linked role for EC2 Spot",
    0,
    "",
    "AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html",
  ),
};

const DEFAULT_CONCURRENCY = 1_000;

/**
 * What the laptop says of its account where nothing is limited: an account in use, whose limits were raised. Nobody is
 * held to it.
 */
export const ACCOUNT_IN_USE: AccountLimits = {
  ...NEW_ACCOUNT,
  concurrentExecutions: { ...NEW_ACCOUNT.concurrentExecutions, value: DEFAULT_CONCURRENCY },
  tenantEnvironments: { ...NEW_ACCOUNT.tenantEnvironments, value: tenantsAt(DEFAULT_CONCURRENCY) },
  onDemandVcpus: { ...NEW_ACCOUNT.onDemandVcpus, value: 1_024 },
  spotVcpus: { ...NEW_ACCOUNT.spotVcpus, value: 1_024 },
  parameterStoreReads: { ...NEW_ACCOUNT.parameterStoreReads, value: 10_000 },
  spotRoles: { ...NEW_ACCOUNT.spotRoles, value: 1 },
};

const LIMIT_TEXT: readonly LimitKey[] = [
  "concurrentExecutions",
  "tenantEnvironments",
  "onDemandVcpus",
  "spotVcpus",
  "parameterStoreReads",
];

/** For the terminal and the page, e.g. `Lambda concurrent executions 10, …, no service-linked role for EC2 Spot`. */
export const limitsText = (limits: AccountLimits): string => {
  const numbers = LIMIT_TEXT.map((key) =>
    `${limits[key].name} ${limits[key].value} ${limits[key].unit}`.trim(),
  );
  return [...numbers, ...(limits.spotRoles.value > 0 ? [] : ["no service-linked role for EC2 Spot"])].join(
    ", ",
  );
};
