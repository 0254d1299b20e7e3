import type { GitLab, GitLabJob } from "../../ports";
import type { Budget } from "../budget";
import type { Part } from "../parts";
import type { Snapshot } from "../snapshot";

/**
 * What GitLab says about one job: from the list if the job is in one, else from a call of its own. `unknown`:
 * not asked, or no answer, which proves nothing. `absent`: GitLab has no such job.
 */
export type JobWord =
  | { readonly kind: "known"; readonly job: GitLabJob }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

export type JobReader = (projectId: number | undefined, jobId: number | undefined) => Promise<JobWord>;

const UNKNOWN: JobWord = { kind: "unknown" };

const ask = async (gitLab: GitLab, projectId: number, jobId: number): Promise<JobWord> => {
  const answer = await gitLab.job(projectId, jobId);
  if (answer === undefined) return { kind: "absent" };
  if ("refused" in answer) return answer.refused === 404 ? { kind: "absent" } : UNKNOWN;
  return { kind: "known", job: answer };
};

/** Asks for an unlisted job once a pass, and only if the list of its project was read. */
export const jobReader = (
  gitLab: GitLab,
  { jobs, listed, partial }: Pick<Snapshot, "jobs" | "listed" | "partial">,
  calls: Budget,
  part: Part,
): JobReader => {
  const asked = new Map<number, Promise<JobWord>>();
  return async (projectId, jobId) => {
    if (projectId === undefined || jobId === undefined) return UNKNOWN;
    const job = jobs.get(jobId);
    if (job !== undefined) return { kind: "known", job };
    if (!listed.has(projectId) && !partial.has(projectId)) return UNKNOWN;
    const before = asked.get(jobId);
    if (before !== undefined) return before;
    if (!calls.take()) return UNKNOWN;
    const word = part("single-job", UNKNOWN, () => ask(gitLab, projectId, jobId), jobId);
    asked.set(jobId, word);
    return word;
  };
};
