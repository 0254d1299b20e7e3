import { defined } from "../../../Core/defined";
import type { Throttles } from "../../../Core/gitlab/throttle";
import { gitLabApi, type KeptProjects } from "../adapters/gitlab/api";
import type { LoadedLater } from "../adapters/load-later";
import { ssmClient } from "../adapters/ssm/client";
import {
  type Configuration,
  type ConfigurationOptions,
  ssmConfiguration,
} from "../adapters/ssm/configuration";
import { systemClock } from "../adapters/system-clock";
import type { GitLab } from "../ports";
import { machine, timeout } from "./machine";

/** Environment variables of every function that calls GitLab. */
export const GITLAB_VARIABLES = {
  path: "CONFIGURATION_PATH",
  busName: "EVENT_BUS_NAME",
} as const;

/** One client, and so one connection. */
export const ssm = ssmClient();

/** What a function may read besides GitLab's address and token, and how long it may take for it. */
type MoreRead = Pick<ConfigurationOptions, "readsStarts" | "readsRunner" | "throttledMilliseconds">;

export const configurationOf = (
  { path, busName }: Pick<ConfigurationOptions, "path" | "busName">,
  more: MoreRead = {},
): Configuration =>
  ssmConfiguration(ssm, { path, busName, deploymentId: machine.deploymentId, ...more, ...timeout });

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
 * call asks before it needs a table.
 */
export const withTables = async <Tables extends object>(
  gitLab: Promise<GitLab>,
  tables: LoadedLater<Tables>,
): Promise<Tables & { readonly gitLab: GitLab }> => {
  const [api, loaded] = await Promise.all([gitLab, tables.get()]);
  return { ...loaded, gitLab: api };
};
