import { ConfigurationError } from "../../Core/errors";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { safe } from "../../Core/safe-text";
import { configurationOf, type OperatorConfiguration, type StoredParameter } from "../configuration";
import { agreed, type CommonOptions, type Context, type ExitCode, show, UsageError } from "../context";
import { findDeployment, output } from "../deployment";
import { fieldsOf } from "../gitlab/json";
import { byHand, makeWebhook } from "../gitlab/make-webhook";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { planWebhook, type WebhookOwner, type WebhookPlan } from "../gitlab/webhook-plan";
import {
  gitLabVersion,
  type ProofPlan,
  type ProofQuestion,
  planProof,
  type SecretWrite,
} from "../gitlab/webhook-proof";

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
  readonly parameter: "url" | "accessToken" | SecretWrite["parameter"];
  readonly value: string;
  readonly sentence: string;
}

interface Plan {
  readonly writes: readonly Write[];
  readonly webhooks: readonly WebhookPlan[];
  readonly proof: ProofPlan;
}

/** Asks until the address is one: a slip ends nothing. */
const askUntilUrl = async ({ console }: Context, proposed: string): Promise<string> => {
  for (;;) {
    const typed = await console.ask("GitLab's address", proposed);
    try {
      return checkGitLabUrl(typed);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      console.err(safe(error.message));
    }
  }
};

const askUrl = async (
  context: Context,
  given: string | undefined,
  stored: StoredParameter | undefined,
): Promise<string> => {
  if (given !== undefined) return checkGitLabUrl(given);
  if (context.console.isInteractive) return askUntilUrl(context, safe(stored?.value ?? "https://gitlab.com"));
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
  const urls = {
    token: output(infrastructure, "WebhookUrl"),
    signed: infrastructure.outputs.get("SignedWebhookUrl"),
  };
  const stored = await configuration.read(["url", "accessToken", "webhookSecret", "webhookSigningKey"]);
  const url = await askUrl(context, options.url, stored.url);
  const token = await askToken(context, secrets.accessToken, stored.accessToken);
  await checkToken(context, url, token);
  const isRotation = options.rotateSecret === true;
  const question: ProofQuestion = { urls, stored, isRotation, random: context.random };
  const version = await gitLabVersion(operatorGitLab(context.fetch, url, token));
  const proof = planProof(version, question);
  const owners: readonly WebhookOwner[] = [
    ...(options.project ?? []).map((id) => ({ kind: "project", id }) as const),
    ...(options.group ?? []).map((id) => ({ kind: "group", id }) as const),
  ];
  const gitLab = operatorGitLab(context.fetch, url, secrets.setupToken ?? token);
  const others = [urls.token, ...(urls.signed === undefined ? [] : [urls.signed])];
  const webhooks: WebhookPlan[] = [];
  for (const owner of owners) webhooks.push(await planWebhook(gitLab, owner, proof.proof, others));
  const writes = [
    ...write(configuration, "url", url, stored.url),
    ...write(configuration, "accessToken", token, stored.accessToken),
    ...proof.writes.flatMap(({ parameter, value }) => write(configuration, parameter, value, undefined)),
  ];
  return { configuration, gitLab, plan: { writes, webhooks, proof } satisfies Plan };
};

const sentences = ({ writes, webhooks }: Plan): readonly string[] => [
  ...writes.map(({ sentence }) => sentence),
  ...webhooks.map(({ sentence }) => sentence),
];

/**
 * `configure`: stores address, token and secrets of its own making, and makes or fixes webhooks, signed where GitLab
 * can; all of it after showing what it will do. With `--rotate-secret` the old secrets are let in until their
 * parameters are deleted.
 */
export const configure = async (
  context: Context,
  options: ConfigureOptions,
  secrets: Secrets,
): Promise<ExitCode> => {
  const { configuration, gitLab, plan } = await makePlan(context, options, secrets);
  const steps = sentences(plan);
  context.console.err(safe(plan.proof.sentence));
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
  const { proof, unsigned } = plan.proof;
  let isWhole = true;
  for (const webhook of plan.webhooks) {
    isWhole = (await makeWebhook({ context, configuration, gitLab, proof, unsigned }, webhook)) && isWhole;
  }
  if (plan.webhooks.length === 0) context.console.err(byHand(configuration, proof));
  show(context, options, { done: true, steps }, "Done. Look it over with: npm run runners -- doctor");
  return isWhole ? 0 : 1;
};
