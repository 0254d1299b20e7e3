import { type Refusal, type Refusals, refusedAgain } from "../../../../Core/ledger/refusals";
import type { Time } from "../../../../Core/model/ledger";
import type { Dependencies } from "../../dependencies";
import type { GitLab, GitLabJob, Page, ProjectRefused } from "../../ports";
import type { Budget } from "../budget";
import type { Part } from "../parts";
import { CALLS_AT_ONCE } from "./portions";
import type { ProjectsRead } from "./projects";

export type JobsDependencies = Pick<Dependencies, "gitLab" | "clock">;

export interface JobsRead extends ProjectsRead {
  readonly jobs: ReadonlyMap<number, GitLabJob>;
  readonly listed: ReadonlySet<number>;
  /** Projects with more open jobs than one pass lists. */
  readonly partial: ReadonlySet<number>;
  readonly nextProject: number;
  readonly refusals: Refusals;
}

const OPEN_STATUSES = ["pending", "running"];
/** After this many failures in a row GitLab is not asked again in this pass. */
const MAX_FAILURES = 3;

/** Sorts the ids, beginning with the project that the last pass did not reach. */
export const inTurn = (ids: readonly number[], first: number): readonly number[] => {
  const sorted = [...ids].sort((one, other) => one - other);
  return [...sorted.filter((id) => id >= first), ...sorted.filter((id) => id < first)];
};

/** Pages listed of one project in a pass, so that a project with many jobs leaves calls for the others. */
const PAGES_OF_A_PROJECT = 50;

interface Pages<Item> {
  readonly items: readonly Item[];
  /** False: the call budget ran out, or the list is longer than the page limit. */
  readonly isWhole: boolean;
}

/** Reads the pages of one list. Each page takes one call of the budget. */
export const pages = async <Item>(
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

type ProjectJobs = Pages<GitLabJob> | ProjectRefused;

const readProject = async (gitLab: GitLab, projectId: number, calls: Budget): Promise<ProjectJobs> => {
  let refused: ProjectRefused | undefined;
  const read = await pages(async (cursor) => {
    const page = await gitLab.jobs(projectId, OPEN_STATUSES, cursor);
    if (!("refused" in page)) return page;
    refused = page;
    return { items: [] };
  }, calls);
  return refused ?? read;
};

/** Collects the jobs and refusals of the projects. */
class Gathering {
  readonly jobs = new Map<number, GitLabJob>();
  readonly listed = new Set<number>();
  readonly partial = new Set<number>();
  readonly refusals: Record<string, Refusal>;

  constructor(
    before: Refusals,
    readonly now: Time,
  ) {
    this.refusals = { ...before };
  }

  add(projectId: number, read: ProjectJobs): void {
    if ("refused" in read) {
      this.refusals[projectId] = refusedAgain(this.refusals[projectId], read.refused, this.now);
      // GitLab can still answer for a single job that it does not exist, so that its attempt gets closed.
      if (read.refused === 404) this.partial.add(projectId);
      return;
    }
    delete this.refusals[projectId];
    (read.isWhole ? this.listed : this.partial).add(projectId);
    for (const job of read.items) this.jobs.set(job.id, job);
  }

  upTo(nextProject: number): Omit<JobsRead, keyof ProjectsRead> {
    const { jobs, listed, partial, refusals } = this;
    return { jobs, listed, partial, refusals, nextProject };
  }
}

/**
 * Lists the open jobs of the projects, as far as the call budget reaches. A project that fails or refuses
 * does not stop the others (I-24). After three failures in a row the rest is left to the next pass.
 *
 * @param projects in the order in which they are asked
 * @param before refusals of the projects, as stored by the last pass
 */
export const readJobs = async (
  { gitLab, clock }: JobsDependencies,
  projects: readonly number[],
  before: Refusals,
  calls: Budget,
  part: Part,
): Promise<Omit<JobsRead, keyof ProjectsRead>> => {
  const gathering = new Gathering(before, clock.now());
  let failures = 0;
  let reached = 0;
  while (reached < projects.length && !calls.isSpent() && failures < MAX_FAILURES) {
    // Each gets its first call: the next pass begins with the first project that had none.
    const portion = projects.slice(reached, reached + Math.min(CALLS_AT_ONCE, calls.left()));
    const read = await Promise.all(
      portion.map((id) => part("project", undefined, () => readProject(gitLab, id, calls), id)),
    );
    for (const [index, id] of portion.entries()) {
      const jobs = read[index];
      failures = jobs === undefined ? failures + 1 : 0;
      if (jobs !== undefined) gathering.add(id, jobs);
    }
    reached += portion.length;
  }
  return gathering.upTo(projects[reached] ?? 0);
};
