import { tick } from "./assignment";
import { randomText } from "./random";
import type { Job, Manager, RunnerRecord, RunnerType } from "./records";
import type { World } from "./state";

/** What `POST /user/runners` and the older `POST /runners` ask for, checked. */
export interface NewRunnerRecord {
  readonly type: RunnerType;
  readonly projectId?: number | undefined;
  readonly tokenPrefix: "glrt-" | "glrtr-";
  readonly description: string;
  readonly tags: readonly string[];
  readonly runUntagged: boolean;
  readonly locked: boolean;
  readonly paused: boolean;
  readonly accessLevel: RunnerRecord["accessLevel"];
  readonly maximumTimeout: number | null;
  readonly maintenanceNote: string | null;
}

export const runnersOfProject = (world: World, projectId: number): number =>
  [...world.runners.values()].filter((runner) => runner.projectId === projectId).length;

/**
 * Creates a runner record, or says in GitLab's words why not.
 * https://docs.gitlab.com/administration/instance_limits/ has the number of runners a project may have.
 */
export const createRunner = (world: World, wanted: NewRunnerRecord): RunnerRecord | string => {
  const limit = world.limits.runnersPerProject;
  if (wanted.projectId !== undefined && runnersOfProject(world, wanted.projectId) >= limit) {
    return `Runner projects base Maximum number of ci registered project runners (${limit}) exceeded`;
  }
  const { tokenPrefix, ...rest } = wanted;
  const runner: RunnerRecord = {
    ...rest,
    id: world.nextId("runner"),
    token: `${tokenPrefix}${randomText(10)}`,
    createdAt: world.clock.now(),
    managers: new Map(),
    queueValue: world.nextQueueValue(),
    polls: new Set(),
    deleted: false,
  };
  world.runners.set(runner.id, runner);
  world.runnersByToken.set(runner.token, runner);
  if (runner.projectId !== undefined) world.projects.add(runner.projectId);
  world.onChange();
  return runner;
};

/** Deletes the record. A job that it runs goes on with its job token; one that it was assigned does not begin. */
export const deleteRunner = (world: World, runner: RunnerRecord): void => {
  runner.deleted = true;
  runner.managers.clear();
  world.runners.delete(runner.id);
  world.runnersByToken.delete(runner.token);
  world.onChange();
};

/** Changes a record; GitLab tells the runner's held polls, so a pause is felt at once. */
export const updateRunner = (
  world: World,
  runner: RunnerRecord,
  change: Partial<
    Pick<
      RunnerRecord,
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
  tick(world, runner);
  world.onChange();
};

/** What a runner says of itself in `info`. */
export interface RunnerInfo {
  readonly version?: string | undefined;
  readonly platform?: string | undefined;
  readonly architecture?: string | undefined;
  readonly executor?: string | undefined;
}

const newManager = (world: World, systemId: string): Manager => ({
  id: world.nextId("manager"),
  systemId,
  createdAt: world.clock.now(),
  contactedAt: world.clock.now(),
  version: null,
  platform: null,
  architecture: null,
  executor: null,
});

/** Notes that a process with this runner's token has been in touch. */
export const heardFrom = (
  world: World,
  runner: RunnerRecord,
  systemId: string,
  info: RunnerInfo,
): Manager => {
  const manager = runner.managers.get(systemId) ?? newManager(world, systemId);
  runner.managers.set(systemId, manager);
  runner.contactedAt = world.clock.now();
  manager.contactedAt = world.clock.now();
  manager.version = info.version ?? manager.version;
  manager.platform = info.platform ?? manager.platform;
  manager.architecture = info.architecture ?? manager.architecture;
  manager.executor = info.executor ?? manager.executor;
  return manager;
};

/** Jobs that this runner was assigned, newest first; a pending job without a runner is nobody's. */
export const jobsOfRunner = (world: World, runner: RunnerRecord): readonly Job[] =>
  [...world.jobs.values()].filter((job) => job.runner === runner).sort((one, other) => other.id - one.id);
