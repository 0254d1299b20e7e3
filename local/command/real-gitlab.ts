import { userInfo } from "node:os";
import type { RealGitLab } from "../laptop/laptop-options";

/** Thrown when the operator declines, or when a token is missing. */
export class Declined extends Error {}

const warning = (url: string): string =>
  `Jobs of ${url} will run on this machine, as the user ${userInfo().username}: they can read and change everything that this user can.`;

const askForToken = async (): Promise<string> => {
  const { password } = await import("@inquirer/prompts");
  return password({ message: "GitLab access token (create_runner, manage_runner, read_api):", mask: true });
};

const askForConsent = async (url: string): Promise<boolean> => {
  const { confirm } = await import("@inquirer/prompts");
  return confirm({ message: `${warning(url)} Go on?`, default: false });
};

/**
 * Confirms that jobs of a real GitLab may run on this machine: asks on a terminal, otherwise warns on stderr.
 *
 * @throws Declined with a message for the operator
 */
export const realGitLab = async (
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  canAsk: boolean,
): Promise<RealGitLab> => {
  if (!canAsk) process.stderr.write(`${warning(url)}\n`);
  else if (!(await askForConsent(url))) throw new Declined("Nothing was started.");
  const accessToken = env.GITLAB_ACCESS_TOKEN || (canAsk ? await askForToken() : "");
  if (!accessToken) throw new Declined("Set GITLAB_ACCESS_TOKEN to an access token of that GitLab.");
  return { url, accessToken };
};

/** How to configure that GitLab's webhook, and what happens without it. */
export const webhookAdvice = (webhook: string, token: string): string => {
  const { port } = new URL(webhook);
  return [
    "Add a webhook in GitLab (project or group, Settings > Webhooks), for job events alone:",
    `  URL:          ${webhook}`,
    `  Secret token: ${token}`,
    "If that GitLab cannot reach this address, leave the webhook out: the reconciler still finds jobs within a minute.",
    "To receive webhooks nevertheless, open a tunnel from a machine that it can reach, for example:",
    `  ssh -N -R 8080:127.0.0.1:${port} you@host.example.com`,
    "and use that machine's address with the path /webhook as the webhook's URL.",
  ].join("\n");
};
