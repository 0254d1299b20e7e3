import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { vcpusOf } from "../../../Core/account/vcpus";
import { type Check, type DoctorContext, type DoctorFinding, ok, warning } from "../finding";

export const QUOTA = "quotas";

/** Quotas by their codes. Standard families: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html */
const ON_DEMAND_VCPUS = "L-1216C47A";
const SPOT_VCPUS = "L-34B43A08";

/** Where one asks for more. https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html */
export const quotaLink = ({ autoScaler }: DoctorContext, service: string, code: string): string =>
  `https://console.aws.amazon.com/servicequotas/home/services/${service}/quotas/${code}?region=${autoScaler.home.region}`;

/** Its value for the account; 0: Service Quotas names none. */
export const readQuota = async (
  { context }: DoctorContext,
  ServiceCode: string,
  QuotaCode: string,
): Promise<number> => {
  const command = new GetServiceQuotaCommand({ ServiceCode, QuotaCode });
  return (await context.clients.serviceQuotas().send(command)).Quota?.Value ?? 0;
};

/** An emulator has quotas, or knows nothing of them. */
export const knowsQuotas = (doctorContext: DoctorContext): Promise<boolean> =>
  readQuota(doctorContext, "ec2", ON_DEMAND_VCPUS).then(
    () => true,
    () => false,
  );

const quotaFinding = async (
  doctorContext: DoctorContext,
  code: string,
  name: string,
): Promise<DoctorFinding> => {
  const { maxRunners = 0, ec2 } = doctorContext.settings?.defaults.EC2 ?? {};
  const quota = await readQuota(doctorContext, "ec2", code);
  const needed = Math.max(0, ...(ec2?.instanceTypes ?? []).map(vcpusOf)) * maxRunners;
  return quota >= needed
    ? ok(QUOTA, `${name}: ${quota} vCPUs do for ${maxRunners} runners`)
    : warning(
        QUOTA,
        `${name}: ${quota} vCPUs, and ${maxRunners} runners of the default class need ${needed}; the rest waits`,
        `Ask for more at ${quotaLink(doctorContext, "ec2", code)}, or lower maxRunnersPerClass in the mapping's settings`,
      );
};

/** vCPUs for instances, by market. */
export const checkVcpus: Check = async (doctorContext) => {
  const market = doctorContext.settings?.defaults.EC2.ec2?.market ?? "spot-first";
  return [
    ...(market === "on-demand" ? [] : [await quotaFinding(doctorContext, SPOT_VCPUS, "Spot")]),
    ...(market === "spot" ? [] : [await quotaFinding(doctorContext, ON_DEMAND_VCPUS, "On-demand")]),
  ];
};
