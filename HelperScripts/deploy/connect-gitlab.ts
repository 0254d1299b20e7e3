import { configurationOf } from "../configuration";
import type { Deployment } from "../deployment";
import { carryOutConfiguration, planConfiguration } from "../gitlab/configuration-plan";
import { byHand } from "../gitlab/make-webhook";
import type { DeployedStacks } from "../stacks/deploy-stacks";
import type { DeployPlan } from "./deploy-plan";
import type { DeployOrder } from "./questions";

/** What came of the webhooks. */
export interface ConnectedGitLab {
  /** Whether all of them work. */
  readonly isWhole: boolean;
  readonly webhookUrl: string;
  /** What is left to be done by hand; undefined: nothing. */
  readonly byHand?: string;
}

const addressOf = ({ outputs }: Deployment): string =>
  outputs.get("SignedWebhookUrl") ?? outputs.get("WebhookUrl") ?? "";

/** Makes webhooks and their secrets, as `configure` does. */
export const connectGitLab = async (
  { context, account }: DeployOrder,
  { rights }: DeployPlan,
  { infrastructure, autoScaler }: DeployedStacks,
): Promise<ConnectedGitLab> => {
  const configuration = configurationOf(context, autoScaler);
  const plan = await planConfiguration(context, configuration, infrastructure, account, rights.owners, false);
  const isWhole = await carryOutConfiguration(context, configuration, plan);
  const isLeft = rights.owners.length === 0 || rights.refused.length > 0;
  return {
    isWhole: isWhole && rights.refused.length === 0,
    webhookUrl: addressOf(infrastructure),
    ...(isLeft ? { byHand: byHand(configuration, plan.proof.proof) } : {}),
  };
};
