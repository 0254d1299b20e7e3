import { ConfigurationError } from "../../Core/errors";
import type { OperatorConfiguration, StoredParameter } from "../configuration";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { fieldsOf } from "./json";
import { makeWebhook } from "./make-webhook";
import { type OperatorGitLab, operatorGitLab } from "./operator-gitlab";
import { planWebhook, type WebhookOwner, type WebhookPlan } from "./webhook-plan";
import { gitLabVersion, type ProofPlan, planProof, type SecretWrite } from "./webhook-proof";

const PLAIN = ["url", "gitLabCaCertificate", "allowedSourceAddresses"] as const;

const isPlain = (parameter: Write["parameter"]): boolean => PLAIN.some((each) => each === parameter);

/** A parameter to be written, and the sentence that says so. */
export interface Write {
  readonly parameter: (typeof PLAIN)[number] | "accessToken" | SecretWrite["parameter"];
  /** Undefined: it is removed. */
  readonly value: string | undefined;
  readonly sentence: string;
}

/** What has to be stored and made so that GitLab and a deployment know each other. */
export interface ConfigurationPlan {
  readonly writes: readonly Write[];
  readonly webhooks: readonly WebhookPlan[];
  readonly proof: ProofPlan;
  /** With the token for webhooks. */
  readonly gitLab: OperatorGitLab;
}

/** GitLab as it was given. */
export interface GitLabAccount {
  readonly url: string;
  readonly accessToken: string;
  /** For webhooks; never stored. Absent: the access token is tried. */
  readonly setupToken?: string | undefined;
}

const SCOPES = ["create_runner", "manage_runner", "read_api"];

/** @throws ConfigurationError when GitLab refuses the token, or it cannot do what is needed */
export const checkAccessToken = async (
  { fetch }: Pick<Context, "fetch">,
  { url, accessToken }: GitLabAccount,
): Promise<void> => {
  const answer = await operatorGitLab(fetch, url, accessToken).get("/personal_access_tokens/self");
  if (answer.status === 401) {
    throw new ConfigurationError(
      `GitLab at ${url} refuses this token (401): check that it is whole and of this GitLab. Nothing was written`,
    );
  }
  const { scopes } = fieldsOf(answer.body);
  const known = Array.isArray(scopes) ? scopes.map(String) : ["api"];
  const needed = SCOPES.filter((scope) => !known.includes(scope));
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

/** Url and access token, as far as they are not stored as they are. */
export const accountWrites = async (
  configuration: OperatorConfiguration,
  { url, accessToken }: GitLabAccount,
): Promise<readonly Write[]> => {
  const stored = await configuration.read(["url", "accessToken"]);
  return [
    ...write(configuration, "url", url, stored.url),
    ...write(configuration, "accessToken", accessToken, stored.accessToken),
  ];
};

export const carryOutWrites = async (
  configuration: OperatorConfiguration,
  writes: readonly Write[],
): Promise<void> => {
  for (const { parameter, value } of writes) {
    if (value === undefined) await configuration.remove(parameter);
    else await configuration.write(parameter, value, isPlain(parameter) ? "String" : "SecureString");
  }
};

/**
 * Looks at what is stored and at the owners' webhooks. Changes nothing.
 *
 * @param infrastructure the stack with the webhook's address
 * @throws ConfigurationError when the token may not
 */
export const planConfiguration = async (
  { fetch, random }: Pick<Context, "fetch" | "random">,
  configuration: OperatorConfiguration,
  infrastructure: Deployment,
  account: GitLabAccount,
  owners: readonly WebhookOwner[],
  isRotation: boolean,
): Promise<ConfigurationPlan> => {
  const urls = {
    token: output(infrastructure, "WebhookUrl"),
    signed: infrastructure.outputs.get("SignedWebhookUrl"),
  };
  const stored = await configuration.read(["webhookSecret", "webhookSigningKey"]);
  const { url, accessToken, setupToken } = account;
  const version = await gitLabVersion(operatorGitLab(fetch, url, accessToken));
  const proof = planProof(version, { urls, stored, isRotation, random });
  const gitLab = operatorGitLab(fetch, url, setupToken ?? accessToken);
  const others = [urls.token, ...(urls.signed === undefined ? [] : [urls.signed])];
  const webhooks: WebhookPlan[] = [];
  for (const owner of owners) webhooks.push(await planWebhook(gitLab, owner, proof.proof, others));
  const writes = [
    ...(await accountWrites(configuration, account)),
    ...proof.writes.flatMap(({ parameter, value }) => write(configuration, parameter, value, undefined)),
  ];
  return { writes, webhooks, proof, gitLab };
};

/**
 * Makes a plan true.
 *
 * @returns whether all webhooks work now
 */
export const carryOutConfiguration = async (
  context: Context,
  configuration: OperatorConfiguration,
  { writes, webhooks, proof: { proof, unsigned }, gitLab }: ConfigurationPlan,
): Promise<boolean> => {
  await carryOutWrites(configuration, writes);
  let isWhole = true;
  for (const webhook of webhooks)
    isWhole = (await makeWebhook({ context, configuration, gitLab, proof, unsigned }, webhook)) && isWhole;
  return isWhole;
};
