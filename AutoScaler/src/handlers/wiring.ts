import { defined } from "../../../Core/defined";
import { readEnv } from "../../../Core/env";
import type { Throttles } from "../../../Core/gitlab/throttle";
import { deploymentMetric } from "../../../Core/log";
import { gitLabApi, type KeptProjects } from "../adapters/gitlab/api";
import type { LoadedLater } from "../adapters/load-later";
import { KeptMetrics } from "../adapters/otlp/kept-metrics";
import { ssmClient } from "../adapters/ssm/client";
import {
  type Configuration,
  type ConfigurationOptions,
  ssmConfiguration,
} from "../adapters/ssm/configuration";
import { randomNonce, systemClock } from "../adapters/system-clock";
import type { GitLab } from "../ports";

const { deploymentId } = readEnv(process.env, { deploymentId: "DEPLOYMENT_ID" });

/** The metrics of this call, until they are sent (see `sendingMetrics`). */
export const keptMetrics = new KeptMetrics(systemClock.now);

/** The dependencies of every rule: clock, nonces, deployment and metrics. */
export const machine = {
  clock: systemClock,
  nonce: randomNonce,
  deploymentId,
  metric: keptMetrics.beside(deploymentMetric(deploymentId)),
} as const;

/** For the jitter of retries; ids come from `machine.nonce`. */
export const timeout = { clock: systemClock, random: Math.random } as const;

/** Environment variables of every function that calls GitLab. */
export const GITLAB_VARIABLES = {
  path: "CONFIGURATION_PATH",
  busName: "EVENT_BUS_NAME",
} as const;

/** What a function may read besides GitLab's address and token, and how long it may take for it. */
type MoreRead = Pick<ConfigurationOptions, "readsStarts" | "readsRunner" | "throttledMilliseconds">;

export const configurationOf = (
  { path, busName }: Pick<ConfigurationOptions, "path" | "busName">,
  more: MoreRead = {},
): Configuration => ssmConfiguration(ssmClient(), { path, busName, deploymentId, ...more, ...timeout });

/** GitLab's requests to wait apply to all calls of this process, not only to one invocation. */
const throttles: Throttles = new Map();

/** Paths of projects that were asked for. */
const projects: KeptProjects = new Map();

/**
 * GitLab's API with the current access: the configuration is read again once a minute.
 *
 * @param onSent loads what is needed only after GitLab's answer
 * @param timeoutMilliseconds of a call, for a function that has less time than the others
 */
export const gitLabOf = async (
  configuration: Configuration,
  onSent: () => void = () => undefined,
  timeoutMilliseconds?: number,
): Promise<GitLab> =>
  gitLabApi({
    ...defined({ timeoutMilliseconds }),
    access: await configuration.access(),
    refresh: () => configuration.refresh(),
    clock: systemClock,
    onSent,
    throttles,
    projects,
  });

/**
 * GitLab's API and the tables. DynamoDB's client loads while the answer of Parameter Store is awaited, which every first
 * call asks before it needs a table. Not for the functions that start runners: a job waits for their first call, and
 * it took longer that way.
 */
export const withTables = async <Tables extends object>(
  gitLab: Promise<GitLab>,
  tables: LoadedLater<Tables>,
): Promise<Tables & { readonly gitLab: GitLab }> => {
  const [api, loaded] = await Promise.all([gitLab, tables.get()]);
  return { ...loaded, gitLab: api };
};
