import { GetRoleCommand } from "@aws-sdk/client-iam";
import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { SPOT_ROLE_REMEDY } from "../../Core/model/job-account-words";
import { isNamed } from "../failures";
import { type Check, type DoctorContext, type DoctorFinding, guarded, ok, problem, warning } from "./finding";

const QUOTA = "quotas";

/** https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html : standard families (A, C, D, H, I, M, R, T, Z). */
const ON_DEMAND_VCPUS = "L-1216C47A";
const SPOT_VCPUS = "L-34B43A08";

/** A size's vCPUs in the families that runners use; unknown sizes count as none. */
const VCPUS: Readonly<Record<string, number>> = {
  medium: 1,
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
  "4xlarge": 16,
  "8xlarge": 32,
};

/** Burstable mediums have two. */
const vcpusOf = (type: string): number => {
  const [family = "", size = ""] = type.split(".");
  return family.startsWith("t") && size === "medium" ? 2 : (VCPUS[size] ?? 0);
};

const quotaFinding = async (
  { context, settings }: DoctorContext,
  code: string,
  name: string,
): Promise<DoctorFinding> => {
  const answer = await context.clients
    .serviceQuotas()
    .send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }));
  const quota = answer.Quota?.Value ?? 0;
  const largest = Math.max(0, ...(settings?.defaults.EC2.ec2?.instanceTypes ?? []).map(vcpusOf));
  const limit = settings?.defaults.EC2.maxRunners ?? 0;
  const needed = largest * limit;
  return quota >= needed
    ? ok(QUOTA, `${name}: ${quota} vCPUs do for ${limit} runners`)
    : warning(
        QUOTA,
        `${name}: ${quota} vCPUs, and ${limit} runners of the default class need ${needed}; the rest waits`,
        `Ask for more in Service Quotas (EC2, ${code}), or lower maxRunnersPerClass in the mapping's settings`,
      );
};

/** vCPUs for instances, by market. */
const checkVcpus: Check = async (doctorContext) => {
  const market = doctorContext.settings?.defaults.EC2.ec2?.market ?? "spot-first";
  return [
    ...(market === "on-demand" ? [] : [await quotaFinding(doctorContext, SPOT_VCPUS, "Spot")]),
    ...(market === "spot" ? [] : [await quotaFinding(doctorContext, ON_DEMAND_VCPUS, "On-demand")]),
  ];
};

/** New accounts have ten concurrent calls in all: our own functions need some of them. */
const SPARE_CONCURRENCY = 20;

const checkConcurrency: Check = async ({ context, settings }) => {
  const answer = await context.clients.lambda().send(new GetAccountSettingsCommand({}));
  const limit = answer.AccountLimit?.UnreservedConcurrentExecutions ?? 0;
  const needed = (settings?.defaults.LAMBDA.maxRunners ?? 0) + SPARE_CONCURRENCY;
  return limit >= needed
    ? [ok(QUOTA, `Lambda: ${limit} calls at a time do for ${needed - SPARE_CONCURRENCY} runners`)]
    : [
        warning(
          QUOTA,
          `Lambda: ${limit} calls at a time; ${needed - SPARE_CONCURRENCY} runners and our own functions need ${needed}`,
          "Ask for more in Service Quotas (Lambda, concurrent executions), or lower maxRunnersPerClass in the mapping's settings",
        ),
      ];
};

const SPOT_ROLE = "AWSServiceRoleForEC2Spot";

const hasRole = async ({ clients }: DoctorContext["context"], RoleName: string): Promise<boolean> => {
  try {
    return (await clients.iam().send(new GetRoleCommand({ RoleName }))).Role !== undefined;
  } catch (error) {
    if (isNamed(error, "NoSuchEntityException") || isNamed(error, "NoSuchEntity")) return false;
    throw error;
  }
};

/**
 * Spot needs its service-linked role, and our functions may not make it. A fleet of type `instant` needs no role of its own.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
 */
const checkSpotRole: Check = async ({ context, settings }) => {
  if (await hasRole(context, SPOT_ROLE)) return [ok("roles", `${SPOT_ROLE} is there`)];
  const { market } = settings?.defaults.EC2.ec2 ?? {};
  return market === "spot"
    ? [
        problem(
          "roles",
          `${SPOT_ROLE} is missing: no instance of the default class is launched`,
          SPOT_ROLE_REMEDY,
        ),
      ]
    : [warning("roles", `${SPOT_ROLE} is missing: all instances are bought on demand`, SPOT_ROLE_REMEDY)];
};

const ON_AN_EMULATOR: DoctorFinding = {
  area: "account",
  level: "unknown",
  sentence: "Quotas and roles: an emulator (AWS_ENDPOINT_URL) has none that count",
  remedy: "Run doctor against AWS too",
};

/** What only a real account has. */
export const checkAccount: Check = async (doctorContext) => {
  if (doctorContext.context.env.AWS_ENDPOINT_URL) return [ON_AN_EMULATOR];
  const checks = [
    guarded(QUOTA, checkVcpus),
    guarded(QUOTA, checkConcurrency),
    guarded("roles", checkSpotRole),
  ];
  return (await Promise.all(checks.map((check) => check(doctorContext)))).flat();
};
