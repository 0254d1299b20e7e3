import { ConfigurationError } from "../../../../Core/errors";
import type { Time } from "../../../../Core/model/ledger";
import type {
  GitLab,
  GitLabJob,
  GitLabProject,
  GitLabRunner,
  NewRunner,
  Page,
  ProjectRefused,
} from "../../ports";

export interface FakeGitLab extends GitLab {
  readonly jobsById: Map<number, GitLabJob>;
  readonly runnersById: Map<number, GitLabRunner>;
  /** Requests for runners, in order, with the ids given. */
  readonly created: (NewRunner & { readonly id: number })[];
  /** Ids of deleted runners, in order. */
  readonly deleted: number[];
  /** Method names of all calls, in order. */
  readonly calls: string[];
  /** When set, every request for a runner is refused with this text. */
  refuses?: string;
  /** Projects that refuse what is asked of their jobs, and how. */
  readonly refusedProjects: Map<number, ProjectRefused["refused"]>;
  /** Full paths of projects; others are called `group/project-<id>`. */
  readonly paths: Map<number, string>;
  /** Protected branches and tags, as `<project> <name>`. */
  readonly protectedRefs: Set<string>;
  pageSize: number;
  /** Adds a job; unnamed fields are those of a fresh pending job of project 1. */
  addJob(job: Partial<GitLabJob> & { readonly id: number }): GitLabJob;
  change(jobId: number, patch: Partial<GitLabJob>): void;
}

type Mode = "verified" | "payload";

const FIRST_RUNNER_ID = 9001;

const page = <Item>(items: readonly Item[], size: number, cursor = "0"): Page<Item> => {
  const end = Number(cursor) + size;
  const shown = items.slice(Number(cursor), end);
  return end < items.length ? { items: shown, next: String(end) } : { items: shown };
};

/**
 * GitLab's API behind the port, as far as the rules use it. Tests over HTTP use the stand-in (local/gitlab). Jobs of a
 * deleted runner show no runner any more, as in GitLab.
 */
export const fakeGitLab = (
  mode: Mode = "verified",
  now: () => Time = () => Date.UTC(2026, 10, 25, 12),
): FakeGitLab => {
  const start = now();
  const jobsById = new Map<number, GitLabJob>();
  const runnersById = new Map<number, GitLabRunner>();
  const created: (NewRunner & { readonly id: number })[] = [];
  const deleted: number[] = [];
  const calls: string[] = [];
  const protectedRefs = new Set<string>();
  const refusedProjects = new Map<number, ProjectRefused["refused"]>();
  const paths = new Map<number, string>();

  const called = (method: string): void => {
    if (mode === "payload" && method !== "createRunner") {
      throw new ConfigurationError(`AccessToken is not configured: ${method} needs it`);
    }
    calls.push(method);
  };
  /** Seconds for which a job is pending; here from its creation. */
  const queued = ({ status, createdAt }: GitLabJob): Pick<GitLabJob, "queuedSeconds"> =>
    status === "pending" ? { queuedSeconds: Math.max(0, (now() - createdAt) / 1_000) } : {};
  const shown = (job: GitLabJob): GitLabJob => {
    const { runnerId, ...rest } = { ...queued(job), ...job };
    return runnerId !== undefined && !deleted.includes(runnerId) ? { ...rest, runnerId } : rest;
  };
  const newestFirst = (): GitLabJob[] =>
    [...jobsById.values()].map(shown).sort((one, other) => other.id - one.id);

  const projectOf = (id: number): GitLabProject => ({ id, path: paths.get(id) ?? `group/project-${id}` });

  const gitLab: FakeGitLab = {
    paths,
    mode,
    url: "https://gitlab.example.com",
    jobsById,
    runnersById,
    created,
    deleted,
    calls,
    refusedProjects,
    protectedRefs,
    pageSize: 100,
    addJob: (job) => {
      const full = { projectId: 1, name: "build", status: "pending", tags: [], createdAt: start, ...job };
      jobsById.set(job.id, full);
      return full;
    },
    change: (jobId, patch) => {
      const job = jobsById.get(jobId);
      if (job) jobsById.set(jobId, { ...job, ...patch });
    },
    job: async (projectId, jobId) => {
      called("job");
      const refused = refusedProjects.get(projectId);
      if (refused !== undefined) return { refused };
      const job = jobsById.get(jobId);
      return job?.projectId === projectId ? shown(job) : undefined;
    },
    isProtected: async (projectId, { name }) => {
      called("isProtected");
      return protectedRefs.has(`${projectId} ${name}`);
    },
    createRunner: async (runner) => {
      called("createRunner");
      if (gitLab.refuses !== undefined) return { refused: gitLab.refuses };
      const id = FIRST_RUNNER_ID + created.length;
      created.push({ ...runner, id });
      runnersById.set(id, { id, description: runner.description, paused: false });
      return { id, token: `glrt-fake-${id}` };
    },
    runner: async (runnerId) => {
      called("runner");
      return runnersById.get(runnerId);
    },
    pauseRunner: async (runnerId) => {
      called("pauseRunner");
      const runner = runnersById.get(runnerId);
      if (runner === undefined) return "deleted";
      runnersById.set(runnerId, { ...runner, paused: true });
      return "paused";
    },
    runnerJobs: async (runnerId) => {
      called("runnerJobs");
      return newestFirst().filter((job) => job.runnerId === runnerId);
    },
    deleteRunner: async (runnerId) => {
      called("deleteRunner");
      if (runnersById.delete(runnerId)) deleted.push(runnerId);
    },
    runners: async (cursor) => {
      called("runners");
      return page([...runnersById.values()], gitLab.pageSize, cursor);
    },
    jobs: async (projectId, scope, cursor) => {
      called("jobs");
      const refused = refusedProjects.get(projectId);
      if (refused !== undefined) return { refused };
      const jobs = newestFirst().filter((job) => job.projectId === projectId && scope.includes(job.status));
      return page(jobs, gitLab.pageSize, cursor);
    },
    projects: async (cursor) => {
      called("projects");
      const ids = [...new Set([...jobsById.values()].map((job) => job.projectId))].sort(
        (one, other) => one - other,
      );
      return page(ids.map(projectOf), gitLab.pageSize, cursor);
    },
    project: async (projectId) => {
      // Kept by the process for some minutes: it is no call of one job's.
      if (mode === "payload") called("project");
      return projectOf(projectId);
    },
  };
  return gitLab;
};
