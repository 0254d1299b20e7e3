import { notifyRunner } from "./assignment";
import { randomText } from "./random";
import type { Manager, RunnerType, StandInJob, StandInRunner } from "./records";
import type { GitLabState } from "./state";

/** The checked properties of a new runner, from `POST /user/runners` or the legacy `POST /runners`. */
export interface NewStandInRunner {
  readonly type: RunnerType;
  readonly projectId?: number | undefined;
  readonly tokenPrefix: "glrt-" | "glrtr-";
  readonly description: string;
  readonly tags: readonly string[];
  readonly runUntagged: boolean;
  readonly locked: boolean;
  readonly paused: boolean;
  readonly accessLevel: StandInRunner["accessLevel"];
  readonly maximumTimeout: number | null;
  readonly maintenanceNote: string | null;
}

export const runnersOfProject = (state: GitLabState, projectId: number): number =>
  [...state.runners.values()].filter((runner) => runner.projectId === projectId).length;

/**
 * Creates a runner record, or returns GitLab's error message.
 * https://docs.gitlab.com/administration/instance_limits/ has the number of runners a project may have.
 */
export const createRunner = (state: GitLabState, wanted: NewStandInRunner): StandInRunner | string => {
  const limit = state.limits.runnersPerProject;
  if (wanted.projectId !== undefined && runnersOfProject(state, wanted.projectId) >= limit) {
    return `Runner projects base Maximum number of ci registered project runners (${limit}) exceeded`;
  }
  const { tokenPrefix, ...rest } = wanted;
  const runner: StandInRunner = {
    ...rest,
    id: state.nextId("runner"),
    token: `${tokenPrefix}${randomText(10)}`,
    createdAt: state.clock.now(),
    managers: new Map(),
    queueValue: state.nextQueueValue(),
    polls: new Set(),
    deleted: false,
  };
  state.runners.set(runner.id, runner);
  state.runnersByToken.set(runner.token, runner);
  if (runner.projectId !== undefined) state.projects.add(runner.projectId);
  state.onRunnerChange(runner);
  return runner;
};

/** Deletes the record. A running job continues with its job token; an assigned job does not start. */
export const deleteRunner = (state: GitLabState, runner: StandInRunner): void => {
  runner.deleted = true;
  runner.managers.clear();
  state.runners.delete(runner.id);
  state.runnersByToken.delete(runner.token);
  state.onRunnerChange(runner);
};

/** Changes a record and resumes the runner's long polls, so that a pause takes effect at once. */
export const updateRunner = (
  state: GitLabState,
  runner: StandInRunner,
  change: Partial<
    Pick<
      StandInRunner,
      | "description"
      | "paused"
      | "tags"
      | "runUntagged"
      | "locked"
      | "accessLevel"
      | "maximumTimeout"
      | "maintenanceNote"
    >
  >,
): void => {
  Object.assign(runner, change);
  notifyRunner(state, runner);
  state.onRunnerChange(runner);
};

/** The `info` that a runner sends about itself. */
export interface RunnerInfo {
  readonly version?: string | undefined;
  readonly platform?: string | undefined;
  readonly architecture?: string | undefined;
  readonly executor?: string | undefined;
}

const newManager = (state: GitLabState, systemId: string): Manager => ({
  id: state.nextId("manager"),
  systemId,
  createdAt: state.clock.now(),
  contactedAt: state.clock.now(),
  version: null,
  platform: null,
  architecture: null,
  executor: null,
});

/** Records a contact of a process with this runner's token. */
export const recordContact = (
  state: GitLabState,
  runner: StandInRunner,
  systemId: string,
  info: RunnerInfo,
): Manager => {
  const manager = runner.managers.get(systemId) ?? newManager(state, systemId);
  runner.managers.set(systemId, manager);
  runner.contactedAt = state.clock.now();
  manager.contactedAt = state.clock.now();
  manager.version = info.version ?? manager.version;
  manager.platform = info.platform ?? manager.platform;
  manager.architecture = info.architecture ?? manager.architecture;
  manager.executor = info.executor ?? manager.executor;
  return manager;
};

/** Jobs that were assigned to this runner, newest first. */
export const jobsOfRunner = (state: GitLabState, runner: StandInRunner): readonly StandInJob[] =>
  [...state.jobs.values()].filter((job) => job.runner === runner).sort((one, other) => other.id - one.id);
