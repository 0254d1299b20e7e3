import { ConfigurationError } from "../../Core/errors";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { safe } from "../../Core/safe-text";
import { configurationOf, type StoredParameter } from "../configuration";
import { agreed, type CommonOptions, type Context, type ExitCode, show, UsageError } from "../context";
import { findDeployment, output } from "../deployment";
import {
  type ConfigurationPlan,
  carryOutConfiguration,
  checkAccessToken,
  planConfiguration,
} from "../gitlab/configuration-plan";
import { byHand } from "../gitlab/make-webhook";
import { type NetworkOptions, networkWrites } from "../gitlab/network-writes";
import type { WebhookOwner } from "../gitlab/webhook-plan";

export interface ConfigureOptions extends CommonOptions, NetworkOptions {
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

/** Asks until the address is one: a slip ends nothing. */
const askUntilUrl = async ({ console }: Context, byDefault: string): Promise<string> => {
  for (;;) {
    const typed = await console.ask("GitLab's address", byDefault);
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

const makePlan = async (context: Context, options: ConfigureOptions, secrets: Secrets) => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const configuration = configurationOf(context, deployment);
  const infrastructure = await findDeployment(
    context.clients.cloudFormation(),
    output(deployment, "DeploymentId"),
  );
  const stored = await configuration.read(["url", "accessToken"]);
  const ofNetwork = await networkWrites(context, configuration, options);
  const url = await askUrl(context, options.url, stored.url);
  const accessToken = await askToken(context, secrets.accessToken, stored.accessToken);
  const account = { url, accessToken, setupToken: secrets.setupToken };
  await checkAccessToken(context, account);
  const owners: readonly WebhookOwner[] = [
    ...(options.project ?? []).map((id) => ({ kind: "project", id }) as const),
    ...(options.group ?? []).map((id) => ({ kind: "group", id }) as const),
  ];
  const isRotation = options.rotateSecret === true;
  const plan = await planConfiguration(context, configuration, infrastructure, account, owners, isRotation);
  return { configuration, plan: { ...plan, writes: [...plan.writes, ...ofNetwork] } };
};

const sentences = ({ writes, webhooks }: ConfigurationPlan): readonly string[] => [
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
  const { configuration, plan } = await makePlan(context, options, secrets);
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
  const isWhole = await carryOutConfiguration(context, configuration, plan);
  if (plan.webhooks.length === 0) context.console.err(byHand(configuration, plan.proof.proof));
  show(context, options, { done: true, steps }, "Done. Look it over with: npx runners doctor");
  return isWhole ? 0 : 1;
};
