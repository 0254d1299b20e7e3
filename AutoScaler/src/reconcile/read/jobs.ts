import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import type { Time } from "../../../../Core/model/ledger";
import type { Dependencies } from "../../dependencies";
import type { GitLab, GitLabJob, Page } from "../../ports";
import type { Budget } from "../budget";

type JobsDependencies = Pick<Dependencies, "gitLab" | "clock">;

export interface JobsRead {
  readonly jobs: ReadonlyMap<number, GitLabJob>;
  readonly listed: ReadonlySet<number>;
  /** Projects with more open jobs than one pass lists. */
  readonly partial: ReadonlySet<number>;
  readonly projects: ReconcilerState["projects"];
  readonly projectsReadAt: Time;
  readonly nextProject: number;
  readonly failures: number;
}

const OPEN_STATUSES = ["pending", "running"];
const MEMBERSHIP_EVERY_MILLISECONDS = 10 * 60_000;
const KEPT_MILLISECONDS = 30 * 24 * 3_600_000;
/** A GitLab that fails so often is left alone until the next pass. */
const MAX_FAILURES = 3;

/** In turn, from the one that the last pass did not reach. */
export const inTurn = (ids: readonly number[], first: number): readonly number[] => {
  const sorted = [...ids].sort((one, other) => one - other);
  return [...sorted.filter((id) => id >= first), ...sorted.filter((id) => id < first)];
};

const kept = (projects: ReconcilerState["projects"], now: Time): [string, Time][] =>
  Object.entries(projects).filter(([, lastSeen]) => now - lastSeen < KEPT_MILLISECONDS);

/** Of one project: what has more must not keep the others from their turn. */
const PAGES_OF_A_PROJECT = 50;

interface Pages<Item> {
  readonly items: readonly Item[];
  /** False: the calls ran out, or there is more than one list may have. */
  readonly isWhole: boolean;
}

/** Pages of one list, each a call of the budget. */
const pages = async <Item>(
  read: (cursor?: string) => Promise<Page<Item>>,
  calls: Budget,
): Promise<Pages<Item>> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_OF_A_PROJECT; page += 1) {
    if (!calls.take()) return { items, isWhole: false };
    const { items: more, next } = await read(cursor);
    items.push(...more);
    if (next === undefined) return { items, isWhole: true };
    cursor = next;
  }
  return { items, isWhole: false };
};

/**
 * Which projects are asked: those with open items, those of the last 30 days, those that the mapping names and those
 * that the token is a member of; the last two are read anew every ten minutes.
 *
 * @param named by the mapping
 */
export const readProjects = async (
  { gitLab, clock }: JobsDependencies,
  state: ReconcilerState,
  withOpenItems: ReadonlySet<number>,
  named: () => Promise<readonly number[]>,
  calls: Budget,
): Promise<Pick<JobsRead, "projects" | "projectsReadAt">> => {
  const now = clock.now();
  const fresh = [...withOpenItems].map((id): [string, Time] => [String(id), now]);
  const known = Object.fromEntries([...kept(state.projects, now), ...fresh]);
  const age = now - state.projectsReadAt;
  if (age >= 0 && age < MEMBERSHIP_EVERY_MILLISECONDS)
    return { projects: known, projectsReadAt: state.projectsReadAt };
  const ofMapping = await named();
  const { items: ids } = await pages((cursor) => gitLab.projectIds(cursor), calls);
  const member = [...ofMapping, ...ids].map((id): [string, Time] => [String(id), now]);
  return { projects: { ...known, ...Object.fromEntries(member) }, projectsReadAt: now };
};

const readProject = (gitLab: GitLab, projectId: number, calls: Budget) =>
  pages((cursor) => gitLab.jobs(projectId, OPEN_STATUSES, cursor), calls);

/** The open jobs of the projects, as many as the calls allow. One project that fails harms no other (I-24). */
export const readJobs = async (
  { gitLab }: JobsDependencies,
  projects: readonly number[],
  calls: Budget,
): Promise<Omit<JobsRead, "projects" | "projectsReadAt">> => {
  const jobs = new Map<number, GitLabJob>();
  const listed = new Set<number>();
  const partial = new Set<number>();
  let failures = 0;
  for (const projectId of projects) {
    if (calls.isSpent() || failures >= MAX_FAILURES)
      return { jobs, listed, partial, nextProject: projectId, failures };
    try {
      const { items, isWhole } = await readProject(gitLab, projectId, calls);
      (isWhole ? listed : partial).add(projectId);
      for (const job of items) jobs.set(job.id, job);
    } catch {
      failures += 1;
    }
  }
  return { jobs, listed, partial, nextProject: 0, failures };
};
