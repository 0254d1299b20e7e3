import { GetRoleCommand } from "@aws-sdk/client-iam";
import { SPOT_ROLE_REMEDY } from "../../../Core/model/job-account-words";
import { isNamed } from "../../failures";
import {
  type Check,
  type DoctorContext,
  type DoctorFinding,
  guarded,
  ok,
  problem,
  warning,
} from "../finding";
import { checkLambdaAccount } from "./lambda-account";
import { checkMicroVmQuotas } from "./microvm-quotas";
import { checkParameterThroughput } from "./parameter-throughput";
import { checkVcpus, knowsQuotas, QUOTA } from "./quotas";

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

/** What holds the account back, each with where to raise it. */
export const checkAccount: Check = async (doctorContext) => {
  const isEmulator = Boolean(doctorContext.context.env.AWS_ENDPOINT_URL);
  if (isEmulator && !(await knowsQuotas(doctorContext))) return [ON_AN_EMULATOR];
  const checks = [
    guarded(QUOTA, checkVcpus),
    guarded(QUOTA, checkLambdaAccount),
    guarded(QUOTA, checkMicroVmQuotas),
    guarded(QUOTA, checkParameterThroughput),
    guarded("roles", checkSpotRole),
  ];
  return (await Promise.all(checks.map((check) => check(doctorContext)))).flat();
};
