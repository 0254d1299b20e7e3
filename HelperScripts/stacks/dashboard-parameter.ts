import { RUNNER_ALARMS_PARAMETER } from "../../Core/configuration";
import type { Clients } from "../context";
import { storedValues } from "../stored-parameters";
import { describeStack } from "./described-stack";

type DashboardClients = Pick<Clients, "cloudFormation" | "ssm">;

/**
 * AutoScaler's parameter `Dashboard`: with the alarms of the Lambda runner where LambdaShellRunner has published them. A
 * dashboard that somebody has switched off stays off.
 */
export const dashboardParameter = async (
  { cloudFormation, ssm }: DashboardClients,
  autoScaler: string,
  configurationPath: string,
): Promise<{ readonly Dashboard?: string }> => {
  const deployed = await describeStack(cloudFormation(), autoScaler);
  if (deployed?.parameters.get("Dashboard") === "off") return {};
  const published = await storedValues(ssm(), [`${configurationPath}/${RUNNER_ALARMS_PARAMETER}`]);
  return { Dashboard: published.size > 0 ? "with-lambda-runner" : "on" };
};
