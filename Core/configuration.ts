/** Names under the configuration path in Parameter Store, e.g. `/gitlabrunner/Url`. */
export const PARAMETERS = {
  url: "Url",
  accessToken: "AccessToken",
  registrationToken: "RegistrationToken",
  webhookSecret: "WebhookSecret",
  webhookSecretPrevious: "WebhookSecretPrevious",
  /** GitLab's signing token, `whsec_` and base64: what signed webhooks are signed with. */
  webhookSigningKey: "WebhookSigningKey",
  webhookSigningKeyPrevious: "WebhookSigningKeyPrevious",
  /** Ranges of addresses that webhooks may come from, joined by commas. Absent: every address. */
  allowedSourceAddresses: "AllowedSourceAddresses",
  /** PEM: the certificate of the authority behind GitLab's own, where that is a private one. */
  gitLabCaCertificate: "GitLabCaCertificate",
  /** `on`, or `off` to pause new starts. Absent: on. */
  starts: "Starts",
  /** Where metrics are sent by OTLP, besides CloudWatch, and with which headers. Absent: nowhere. */
  otlpEndpoint: "OtlpEndpoint",
  otlpHeaders: "OtlpHeaders",
} as const;

/** What Infrastructure publishes under `<configuration path>/infrastructure/`. */
export const INFRASTRUCTURE_PARAMETERS = {
  deploymentId: "deployment-id",
  subnetIds: "subnet-ids",
  subnetId1: "subnet-id-1",
  subnetId2: "subnet-id-2",
  subnetId3: "subnet-id-3",
  runnerSecurityGroupId: "runner-security-group-id",
  bootstrapTableName: "bootstrap-table-name",
  bootstrapTableArn: "bootstrap-table-arn",
  reportRunnerEndFunctionArn: "report-runner-end-function-arn",
  cacheBucketName: "cache-bucket-name",
  assignPublicIp: "assign-public-ip",
  alarmTopicArn: "alarm-topic-arn",
  runbookUrl: "runbook-url",
  imageRepositoryUri: "image-repository-uri",
  webhookApiId: "webhook-api-id",
  authorizerName: "authorizer-name",
  alarmArns: "alarm-arns",
} as const;

/** Where under the configuration path LambdaShellRunner publishes its function: the default runner, if AutoScaler names no other. */
export const RUNNER_FUNCTION_PARAMETER = "lambda-shell-runner/function-arn";

/** Where it publishes the ARNs of its alarms, joined by commas. */
export const RUNNER_ALARMS_PARAMETER = "lambda-shell-runner/alarm-arns";

/**
 * How we may speak to GitLab. `verified`: an access token, the API is the truth. `payload`: a registration
 * token alone, the webhook is all we have.
 */
export interface GitLabAccess {
  readonly mode: "verified" | "payload";
  readonly url: string;
  readonly token: string;
  /** PEM of a private certificate authority; absent: the well-known ones alone. */
  readonly caCertificate?: string;
}

/** The tag that everything of a deployment carries; its value is the deployment id. */
export const STACK_TAG = "glr:stack";
/** `runner` on functions that may be invoked as runners. */
export const ROLE_TAG = "glr:role";
/** `on` | `off` on runner functions. */
export const TENANT_ISOLATION_TAG = "glr:tenant-isolation";
/** `on` on the instances' role: an operator allows shells on machines whose class allows them. The stacks never set it. */
export const SHELL_TAG = "glr:shell";
/** On instances: the class, `<job id>-<attempt>`, and when it must be gone (ISO 8601). */
export const CLASS_TAG = "glr:class";
export const JOB_TAG = "glr:job";
export const EXPIRES_TAG = "glr:expires";

/**
 * The description of a runner record in GitLab: our marker, by which the reconciler knows its own.
 *
 * @example "glr gitlab-runners-infrastructure job 3580121225 attempt 1"
 */
export const runnerDescription = (deploymentId: string, jobId: number, attempt: number): string =>
  `glr ${deploymentId} job ${jobId} attempt ${attempt}`;

/** Reads a description back; undefined for what is not this deployment's. */
export const parseRunnerDescription = (
  deploymentId: string,
  description: string,
): { readonly jobId: number; readonly attempt: number } | undefined => {
  const prefix = `glr ${deploymentId} job `;
  if (!description.startsWith(prefix)) return undefined;
  const match = /^([1-9]\d{0,15}) attempt ([1-9]\d{0,2})$/.exec(description.slice(prefix.length));
  return match ? { jobId: Number(match[1]), attempt: Number(match[2]) } : undefined;
};
