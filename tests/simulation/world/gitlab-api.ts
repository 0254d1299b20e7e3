import type {
  GitLab,
  GitLabJob,
  GitLabProject,
  GitLabRunner,
  GitRef,
  Page,
  ProjectRefused,
} from "../../../AutoScaler/src/ports";
import { defined } from "../../../Core/defined";
import { ThrottledError, TransientError } from "../../../Core/errors";
import type { Time } from "../../../Core/model/ledger";
import { contactOf, isProtectedRef, type Job, type RunnerRecord, type SimulatedGitLab } from "./gitlab";
import type { Random } from "./random";
import { withoutStack } from "./without-stack";

/** Faults of GitLab's API: probabilities for each call, times in milliseconds. */
export interface ApiMood {
  /** Intervals [from, to) in which every call is answered with 5xx. */
  outages: readonly (readonly [Time, Time])[];
  /** A list is wrongly empty (F-24). */
  emptyList: number;
  /** An answer is HTML with status 200, truncated JSON or a 5xx. */
  garbage: number;
  /** A replica lags: a new job is missing or still `created`; a runner's jobs are seconds old. */
  lag: number;
  /** Projects that refuse what is asked of their jobs: CI/CD is switched off there. */
  refusing: readonly number[];
  /** Projects that the token is a member of; undefined: all. */
  members: readonly number[] | undefined;
  /** Projects that the token does not know: 404 for whatever is asked of them. */
  strange: readonly number[];
  /** GitLab's limit of calls for one user, by the minute of the clock. */
  callsPerMinute: number;
}

export const GOOD_MOOD: ApiMood = {
  outages: [],
  emptyList: 0,
  garbage: 0,
  lag: 0,
  refusing: [],
  members: undefined,
  strange: [],
  callsPerMinute: Number.POSITIVE_INFINITY,
};

const REPLICA_BEHIND = 2_500;
const PAGE = 100;

export const isDown = (mood: ApiMood, now: Time): boolean =>
  mood.outages.some(([from, to]) => now >= from && now < to);

const shown = (
  gitLab: SimulatedGitLab,
  {
    id,
    projectId,
    name,
    status,
    tags,
    createdAt,
    pendingAt,
    startedAt,
    finishedAt,
    runnerId,
    ref,
    pipelineId,
  }: Job,
): GitLabJob => {
  const told: { -readonly [Field in keyof GitLabJob]: GitLabJob[Field] } = {
    id,
    projectId,
    name,
    status,
    tags,
    createdAt,
    ref,
    tag: false,
    pipelineId,
  };
  if (pendingAt !== undefined) told.queuedSeconds = ((startedAt ?? gitLab.timeline.now) - pendingAt) / 1_000;
  if (startedAt !== undefined) told.startedAt = startedAt;
  if (finishedAt !== undefined) told.finishedAt = finishedAt;
  const record = runnerId === undefined ? undefined : gitLab.records.get(runnerId);
  if (record === undefined) return told;
  told.runnerId = record.id;
  if (gitLab.options.tellsOfMachines && record.firstContactAt !== undefined) {
    told.runnerSeenAt = record.firstContactAt;
    told.runnerSystemId = record.systemId;
  }
  return told;
};

const shownRunner = ({ id, description, pausedAt }: RunnerRecord): GitLabRunner => ({
  id,
  description,
  paused: pausedAt !== undefined,
});

/** A single runner's answer, which shows its last contact too. */
const shownWhole = (record: RunnerRecord, now: Time): GitLabRunner => {
  const contactedAt = contactOf(record, now);
  return { ...shownRunner(record), ...defined({ contactedAt }) };
};

const paged = <Item>(all: readonly Item[], cursor = "0"): Page<Item> => {
  const from = Number(cursor);
  const items = all.slice(from, from + PAGE);
  return from + PAGE < all.length ? { items, next: String(from + PAGE) } : { items };
};

/** Called before a runner is paused or deleted, for the checks. */
export interface Watch {
  paused(runnerId: number): void;
  deleting(runnerId: number): void;
}

/** All projects are of one group. */
const projectOf = (id: number): GitLabProject => ({ id, path: `group/project-${id}` });

const A_MINUTE = 60_000;

/** Calls within the minute of the clock, as GitLab counts them. */
export class GitLabLoad {
  /** Of any minute. */
  most = 0;
  #minute = 0;
  #calls = 0;

  /** @returns how many it is with this one */
  count(now: Time): number {
    const minute = Math.floor(now / A_MINUTE);
    if (minute !== this.#minute) this.#calls = 0;
    this.#minute = minute;
    this.#calls += 1;
    this.most = Math.max(this.most, this.#calls);
    return this.#calls;
  }

  secondsLeft(now: Time): number {
    return Math.ceil((A_MINUTE - (now % A_MINUTE)) / 1_000);
  }
}

/** The REST API behind the product's port: the effect of each method, at one instant. */
export const gitLabEffects = (
  gitLab: SimulatedGitLab,
  mood: ApiMood,
  random: Random,
  watch: Watch,
  load: GitLabLoad,
) => {
  const { timeline } = gitLab;
  const checkMood = (): void => {
    if (load.count(timeline.now) > mood.callsPerMinute) {
      throw withoutStack(() => new ThrottledError("GitLab: 429", load.secondsLeft(timeline.now)));
    }
    if (isDown(mood, timeline.now) || random.chance(mood.garbage)) {
      throw withoutStack(() => new TransientError("GitLab: 502, or something that is no JSON"));
    }
  };
  const isBehind = (time: Time | undefined): boolean =>
    time !== undefined && timeline.now - time < REPLICA_BEHIND && random.chance(mood.lag);
  const jobsOfRunner = (runnerId: number): GitLabJob[] =>
    gitLab.records.has(runnerId)
      ? gitLab
          .jobsOf(runnerId)
          .filter((job) => !isBehind(job.assignedAt))
          .sort((one, other) => other.id - one.id)
          .map((job) => shown(gitLab, job))
      : [];
  const effects = {
    job: (projectId: number, jobId: number) => {
      checkMood();
      if (mood.refusing.includes(projectId)) return { refused: 403 as const };
      if (mood.strange.includes(projectId)) return { refused: 404 as const };
      const job = gitLab.jobs.get(jobId);
      if (job === undefined || job.projectId !== projectId) return undefined;
      if (isBehind(job.createdAt))
        return random.chance(0.5) ? undefined : { ...shown(gitLab, job), status: "created" };
      return shown(gitLab, job);
    },
    isProtected: (_projectId: number, { name }: GitRef) => {
      checkMood();
      return isProtectedRef(name);
    },
    createRunner: (runner: Parameters<GitLab["createRunner"]>[0]) => {
      checkMood();
      const made = gitLab.create(runner);
      return made === "limit"
        ? { refused: "GitLab's limit of runners is reached" }
        : { id: made.id, token: `glrt-${made.id}` };
    },
    runner: (runnerId: number) => {
      checkMood();
      const record = gitLab.records.get(runnerId);
      return record && shownWhole(record, timeline.now);
    },
    pauseRunner: (runnerId: number) => {
      checkMood();
      watch.paused(runnerId);
      return gitLab.pause(runnerId) ? ("paused" as const) : ("deleted" as const);
    },
    runnerJobs: (runnerId: number) => {
      checkMood();
      return jobsOfRunner(runnerId);
    },
    deleteRunner: (runnerId: number) => {
      checkMood();
      watch.deleting(runnerId);
      gitLab.remove(runnerId);
    },
    runners: (cursor?: string) => {
      checkMood();
      if (random.chance(mood.emptyList)) return { items: [] };
      return paged([...gitLab.records.values()].map(shownRunner), cursor);
    },
    jobs: (
      projectId: number,
      scope: readonly string[],
      cursor?: string,
    ): Page<GitLabJob> | ProjectRefused => {
      checkMood();
      if (mood.refusing.includes(projectId)) return { refused: 403 };
      if (random.chance(mood.emptyList)) return { items: [] };
      const found = [...(gitLab.open.get(projectId) ?? [])].filter(({ status }) => scope.includes(status));
      found.sort((one, other) => other.id - one.id);
      return paged(
        found.map((job) => shown(gitLab, job)),
        cursor,
      );
    },
    projects: (cursor?: string) => {
      checkMood();
      return paged((mood.members ?? gitLab.projectIds).map(projectOf), cursor);
    },
    project: (projectId: number) => projectOf(projectId),
  };
  return effects;
};

export type GitLabEffects = ReturnType<typeof gitLabEffects>;
