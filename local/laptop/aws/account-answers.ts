import type { AdmittedCall, Upstream } from "../../gateway";
import type { AccountLimits } from "../../limits/account-limits";
import { DEFAULT_LIMITS as MICROVMS } from "../../microvm/limits";

type Answer = { readonly contentType: string; readonly body: string };

const json = (value: unknown): Answer => ({
  contentType: "application/x-amz-json-1.1",
  body: JSON.stringify(value),
});

const fieldsOf = ({ request }: AdmittedCall): Readonly<Record<string, unknown>> =>
  JSON.parse(request.body.toString("utf8") || "{}") as Record<string, unknown>;

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
const accountSettings = ({ concurrentExecutions: { value } }: AccountLimits): Answer =>
  json({
    AccountLimit: { ConcurrentExecutions: value, UnreservedConcurrentExecutions: value },
    AccountUsage: { FunctionCount: 0, TotalCodeSize: 0 },
  });

/**
 * The quotas' codes. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const quotas = ({ onDemandVcpus, spotVcpus }: AccountLimits): Readonly<Record<string, number>> => ({
  "L-1216C47A": onDemandVcpus.value,
  "L-34B43A08": spotVcpus.value,
  // Of MicroVMs: memory, launches a second and at once.
  "L-CD1C0CC4": MICROVMS.memoryGB,
  "L-535CA9B6": MICROVMS.launchesPerSecond,
  "L-91B95582": MICROVMS.launchesPerSecond,
});

const serviceQuota = (limits: AccountLimits, call: AdmittedCall): Answer | undefined => {
  const { ServiceCode, QuotaCode } = fieldsOf(call);
  const Value = quotas(limits)[String(QuotaCode)];
  return Value === undefined ? undefined : json({ Quota: { ServiceCode, QuotaCode, Value } });
};

const HIGH_THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled";
const DEFAULT_READS = 40;

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html */
const serviceSetting = ({ parameterStoreReads }: AccountLimits, call: AdmittedCall): Answer | undefined => {
  if (!String(fieldsOf(call).SettingId).endsWith(HIGH_THROUGHPUT)) return undefined;
  const SettingValue = String(parameterStoreReads.value > DEFAULT_READS);
  return json({ ServiceSetting: { SettingId: HIGH_THROUGHPUT, SettingValue } });
};

const SPOT_ROLE = "AWSServiceRoleForEC2Spot";

/** Where there is none, the engine's own answer says so. */
const spotRole = ({ spotRoles }: AccountLimits, { request }: AdmittedCall): Answer | undefined => {
  const name = new URLSearchParams(request.body.toString("utf8")).get("RoleName");
  if (name !== SPOT_ROLE || spotRoles.value === 0) return undefined;
  const role = `<RoleName>${SPOT_ROLE}</RoleName><Path>/aws-service-role/spot.amazonaws.com/</Path>`;
  const body = `<GetRoleResponse><GetRoleResult><Role>${role}</Role></GetRoleResult></GetRoleResponse>`;
  return { contentType: "text/xml", body };
};

const answerOf = (limits: AccountLimits, call: AdmittedCall): Answer | undefined => {
  switch (`${call.service} ${call.operation}`) {
    case "lambda GetAccountSettings":
      return accountSettings(limits);
    case "servicequotas GetServiceQuota":
      return serviceQuota(limits, call);
    case "ssm GetServiceSetting":
      return serviceSetting(limits, call);
    case "iam GetRole":
      return spotRole(limits, call);
    default:
      return undefined;
  }
};

/** Answers what is asked of the account itself, and hands everything else on. */
export const withAccount =
  (limits: AccountLimits, behind: Upstream): Upstream =>
  async (call, response) => {
    const answer = answerOf(limits, call);
    if (answer === undefined) return behind(call, response);
    response.writeHead(200, { "content-type": answer.contentType }).end(answer.body);
  };
