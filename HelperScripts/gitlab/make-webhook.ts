import { defined } from "../../Core/defined";
import type { OperatorConfiguration, ParameterName } from "../configuration";
import type { Context } from "../context";
import type { OperatorGitLab } from "./operator-gitlab";
import { carryOut, type WebhookPlan } from "./webhook-plan";
import type { PreparedProof, WebhookProof } from "./webhook-proof";

/** What webhooks are made with. */
export interface WebhookMaker {
  readonly context: Context;
  readonly configuration: OperatorConfiguration;
  readonly gitLab: OperatorGitLab;
  readonly proof: WebhookProof;
  readonly unsigned: PreparedProof;
}

/** What to do in GitLab where no project or group was named. */
export const byHand = (configuration: OperatorConfiguration, proof: WebhookProof): string => {
  const read = (parameter: ParameterName): string =>
    `aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name ${configuration.nameOf(parameter)}`;
  return [
    "No project or group was named, so no webhook is made. By hand: Settings > Webhooks of the project,",
    `  URL ${proof.url}`,
    ...(proof.signingToken === undefined ? [] : [`  signing token: ${read("webhookSigningKey")}`]),
    ...(proof.token === undefined ? [] : [`  secret token: ${read("webhookSecret")}`]),
    "  trigger: job events, and no other",
  ].join("\n");
};

/** A GitLab that took no signing token, though its version could: its feature is switched off. */
const makeUnsigned = async (maker: WebhookMaker, webhook: WebhookPlan) => {
  const { context, configuration, gitLab, unsigned } = maker;
  for (const { parameter, value } of unsigned.writes)
    await configuration.write(parameter, value, "SecureString");
  context.console.err(
    `${webhook.owner.kind} ${webhook.owner.id}: GitLab takes no signing token, so the webhook is known by X-Gitlab-Token.`,
  );
  return carryOut(gitLab, webhook, unsigned.proof);
};

/**
 * Makes or fixes one webhook, signed where GitLab can, and tells what else is to be done.
 *
 * @returns whether it works now
 */
export const makeWebhook = async (maker: WebhookMaker, webhook: WebhookPlan): Promise<boolean> => {
  const { context, gitLab, proof } = maker;
  const signed = await carryOut(gitLab, webhook, proof);
  const { kind } =
    signed.kind === "unsigned"
      ? await makeUnsigned(maker, { ...webhook, ...defined({ webhookId: signed.webhookId }) })
      : signed;
  if (kind !== "disabled") return true;
  context.console.err(
    `${webhook.owner.kind} ${webhook.owner.id}: GitLab still has the webhook switched off. Press Test > Job events on it once the project has a job.`,
  );
  return false;
};
