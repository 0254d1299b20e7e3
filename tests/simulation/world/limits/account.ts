import {
  ACCOUNT_IN_USE,
  type AccountLimits,
  NEW_ACCOUNT as NEW_ACCOUNT_LIMITS,
  SEEN_IDLE_SECONDS,
  TENANTS_PER_THOUSAND,
} from "../../../../local/limits/account-limits";

/** AWS's limits as one account has them, for everything in it together. */
export interface AccountQuotas {
  /**
   * Functions that run at a time, runners included.
   * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  readonly concurrentExecutions: number;
  /**
   * Environments of tenants for each thousand of concurrency, idle ones included.
   * https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html
   */
  readonly tenantsPerThousand: number;
  /**
   * Seconds for which Lambda keeps an idle environment. AWS publishes no figure; some minutes are seen.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   */
  readonly idleSeconds: number;
  /**
   * Synchronous invocations of one function a second, for each of those that may run at a time. Asynchronous ones have no
   * such quota. Same page.
   */
  readonly invocationsPerExecution: number;
  /**
   * Lambda's other calls a second, all of them together but GetFunction and GetPolicy. Nobody can raise it. Same page.
   */
  readonly lambdaRequestsPerSecond: number;
  /** GetParameter, GetParameters and GetParametersByPath together. https://docs.aws.amazon.com/general/latest/gr/ssm.html */
  readonly parameterReadsPerSecond: number;
  /** Of Europe (Ireland). https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
  readonly putEventsPerSecond: number;
  /** What comes on top is delayed, not lost. Same page. */
  readonly ruleInvocationsPerSecond: number;
  /**
   * Write and read units of one partition key, of a table or of an index.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
   */
  readonly keyWritesPerSecond: number;
  readonly keyReadsPerSecond: number;
  /**
   * Those of a whole on-demand table that is new, and of each of its indexes.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
   */
  readonly tableWritesPerSecond: number;
  readonly tableReadsPerSecond: number;
  /** vCPUs of running instances. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html */
  readonly onDemandVcpus: number;
  readonly spotVcpus: number;
  /**
   * Whether somebody who may has made the role that EC2 Spot acts with.
   * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
   */
  readonly hasSpotRole: boolean;
}

/** The figures that the laptop holds its account to as well, each with its page there. */
const published = ({
  concurrentExecutions,
  onDemandVcpus,
  spotVcpus,
  spotRoles,
}: AccountLimits): Pick<
  AccountQuotas,
  "concurrentExecutions" | "onDemandVcpus" | "spotVcpus" | "hasSpotRole"
> => ({
  concurrentExecutions: concurrentExecutions.value,
  onDemandVcpus: onDemandVcpus.value,
  spotVcpus: spotVcpus.value,
  hasSpotRole: spotRoles.value > 0,
});

/** The quotas that AWS publishes, and vCPUs as of an account in use. */
export const DEFAULT_QUOTAS: AccountQuotas = {
  ...published(ACCOUNT_IN_USE),
  tenantsPerThousand: TENANTS_PER_THOUSAND,
  // The laptop's account forgets earlier, since somebody waits for it.
  idleSeconds: SEEN_IDLE_SECONDS,
  invocationsPerExecution: 10,
  lambdaRequestsPerSecond: 15,
  parameterReadsPerSecond: NEW_ACCOUNT_LIMITS.parameterStoreReads.value,
  putEventsPerSecond: 10_000,
  ruleInvocationsPerSecond: 18_750,
  keyWritesPerSecond: 1_000,
  keyReadsPerSecond: 3_000,
  tableWritesPerSecond: NEW_ACCOUNT_LIMITS.tableWrites.value,
  tableReadsPerSecond: NEW_ACCOUNT_LIMITS.tableReads.value,
  onDemandVcpus: Number.POSITIVE_INFINITY,
  spotVcpus: Number.POSITIVE_INFINITY,
};

/** An account of which nobody has raised a limit or used a service. */
export const NEW_ACCOUNT: AccountQuotas = { ...DEFAULT_QUOTAS, ...published(NEW_ACCOUNT_LIMITS) };
