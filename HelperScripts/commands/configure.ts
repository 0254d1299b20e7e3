import { ConfigurationError } from "../../Core/errors";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { configurationOf, type OperatorConfiguration, type StoredParameter } from "../configuration";
import { safe } from "../console/console";
import { agreed, type CommonOptions, type Context, type ExitCode, show, UsageError } from "../context";
import { findDeployment, output } from "../deployment";
import { fieldsOf } from "../gitlab/json";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { carryOut, planWebhook, type WebhookOwner, type WebhookPlan } from "../gitlab/webhook-plan";

export interface ConfigureOptions extends CommonOptions {
  readonly url?: string;
  readonly project?: readonly number[];
  readonly group?: readonly number[];
  readonly rotateSecret?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Secrets come by the environment or by a prompt, never by an argument that `ps` shows. */
export interface Secrets {
  readonly accessToken?: string | undefined;
  readonly setupToken?: string | undefined;
}

interface Write {
  readonly parameter: "url" | "accessToken" | "webhookSecret" | "webhookSecretPrevious";
  readonly value: string;
  readonly sentence: string;
}

interface Plan {
  readonly writes: readonly Write[];
  readonly webhooks: readonly WebhookPlan[];
  readonly secret: string;
  readonly webhookUrl: string;
}

const askUrl = async (
  context: Context,
  given: string | undefined,
  stored: StoredParameter | undefined,
): Promise<string> => {
  if (given !== undefined) return checkGitLabUrl(given);
  if (context.console.isInteractive) {
    return checkGitLabUrl(
      await context.console.ask("GitLab's address", stored?.value ?? "https://gitlab.com"),
    );
  }
  if (stored) return checkGitLabUrl(stored.value);
  throw new UsageError("GitLab's address is missing: give it with --url");
};

const askToken = async (
  context: Context,
  given: string | undefined,
  stored: StoredParameter | undefined,
): Promise<string> => {
  if (given) return given.trim();
  if (!context.console.isInteractive && stored) return stored.value;
  if (!context.console.isInteractive) {
    throw new UsageError("The access token is missing: put it into the environment as GITLAB_ACCESS_TOKEN");
  }
  const hint = stored ? " (nothing: keep the stored one)" : "";
  const typed = (await context.console.askSecret(`Access token${hint}`)).trim();
  if (typed || stored) return typed || (stored?.value ?? "");
  throw new UsageError(
    "Without an access token there is nothing to configure: scopes create_runner, manage_runner, read_api",
  );
};

const checkToken = async (context: Context, url: string, token: string): Promise<void> => {
  const answer = await operatorGitLab(context.fetch, url, token).get("/personal_access_tokens/self");
  if (answer.status === 401) {
    throw new ConfigurationError(
      `GitLab at ${url} refuses this token (401): check that it is whole and of this GitLab. Nothing was written`,
    );
  }
  const { scopes } = fieldsOf(answer.body);
  const known = Array.isArray(scopes) ? scopes.map(String) : ["api"];
  const needed = ["create_runner", "manage_runner", "read_api"].filter((scope) => !known.includes(scope));
  if (known.includes("api") || needed.length === 0) return;
  throw new ConfigurationError(
    `The token lacks the scopes ${needed.join(", ")}: make one that has them. Nothing was written`,
  );
};

const write = (
  configuration: OperatorConfiguration,
  parameter: Write["parameter"],
  value: string,
  stored: StoredParameter | undefined,
): readonly Write[] => {
  const type = parameter === "url" ? "String" : "SecureString";
  if (stored?.value === value && stored.type === type) return [];
  const what = parameter === "url" ? value : "(secret, encrypted)";
  return [{ parameter, value, sentence: `Store ${configuration.nameOf(parameter)} = ${what}` }];
};

const makePlan = async (context: Context, options: ConfigureOptions, secrets: Secrets) => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const configuration = configurationOf(context, deployment);
  const infrastructure = await findDeployment(
    context.clients.cloudFormation(),
    output(deployment, "DeploymentId"),
  );
  const webhookUrl = output(infrastructure, "WebhookUrl");
  const stored = await configuration.read(["url", "accessToken", "webhookSecret"]);
  const url = await askUrl(context, options.url, stored.url);
  const token = await askToken(context, secrets.accessToken, stored.accessToken);
  await checkToken(context, url, token);
  const old = stored.webhookSecret;
  const isNew = old === undefined || options.rotateSecret === true;
  const secret = isNew ? context.random() : old.value;
  const owners: readonly WebhookOwner[] = [
    ...(options.project ?? []).map((id) => ({ kind: "project", id }) as const),
    ...(options.group ?? []).map((id) => ({ kind: "group", id }) as const),
  ];
  const gitLab = operatorGitLab(context.fetch, url, secrets.setupToken ?? token);
  const webhooks: WebhookPlan[] = [];
  for (const owner of owners) webhooks.push(await planWebhook(gitLab, owner, webhookUrl));
  const writes = [
    ...write(configuration, "url", url, stored.url),
    ...write(configuration, "accessToken", token, stored.accessToken),
    ...(old && isNew ? write(configuration, "webhookSecretPrevious", old.value, undefined) : []),
    ...write(configuration, "webhookSecret", secret, old),
  ];
  return { configuration, gitLab, plan: { writes, webhooks, secret, webhookUrl } satisfies Plan };
};

const sentences = ({ writes, webhooks }: Plan): readonly string[] => [
  ...writes.map(({ sentence }) => sentence),
  ...webhooks.map(({ sentence }) => sentence),
];

const byHand = ({ webhookUrl }: Plan, configuration: OperatorConfiguration): string =>
  [
    "No project or group was named, so no webhook is made. By hand: Settings > Webhooks of the project,",
    `  URL ${webhookUrl}`,
    `  secret token: aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name ${configuration.nameOf("webhookSecret")}`,
    "  trigger: job events, and no other",
  ].join("\n");

/**
 * `configure`: stores address, token and a secret of its own making, and makes or fixes webhooks; all of it after
 * showing what it will do. With `--rotate-secret` the old secret is let in until its parameter is deleted.
 */
export const configure = async (
  context: Context,
  options: ConfigureOptions,
  secrets: Secrets,
): Promise<ExitCode> => {
  const { configuration, gitLab, plan } = await makePlan(context, options, secrets);
  const steps = sentences(plan);
  for (const step of steps) context.console.err(`  ${safe(step)}`);
  if (steps.length === 0 || options.dryRun) {
    const text = steps.length === 0 ? "All is as it should be." : "Nothing was done.";
    show(context, options, { done: false, steps }, text);
    return 0;
  }
  if (!(await agreed(context, options.yes, "Do this?"))) {
    context.console.err("Nothing was done.");
    return 1;
  }
  for (const { parameter, value } of plan.writes) {
    await configuration.write(parameter, value, parameter === "url" ? "String" : "SecureString");
  }
  let isWhole = true;
  for (const webhook of plan.webhooks) {
    if (await carryOut(gitLab, webhook, plan.webhookUrl, plan.secret)) continue;
    isWhole = false;
    context.console.err(
      `${webhook.owner.kind} ${webhook.owner.id}: GitLab still has the webhook switched off. Press Test > Job events on it once the project has a job.`,
    );
  }
  if (plan.webhooks.length === 0) context.console.err(byHand(plan, configuration));
  show(context, options, { done: true, steps }, "Done. Look it over with: npm run runners -- doctor");
  return isWhole ? 0 : 1;
};
