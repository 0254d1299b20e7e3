import { UsageError } from "../context";

/** A job as the user names it: by its id, or by its address in GitLab. */
export interface JobAddress {
  readonly jobId: number;
  /** Of an address: all before `/-/jobs/`, e.g. `https://gitlab.example.com/group/project`. */
  readonly projectUrl?: string;
}

/** An id has at most 16 digits. A query or fragment, as browsers show it, is left off. */
const ID = /^(\d{1,16})$/;
const ADDRESS = /^(https?:\/\/[^?#\s]+)\/-\/jobs\/(\d{1,16})(?:[/?#]\S*)?$/;

const idOf = (digits: string): number => {
  const id = Number(digits);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new UsageError(`${digits} is not a job's id: it must be a whole number above 0`);
};

/**
 * @example "3580121225" or "https://gitlab.example.com/group/project/-/jobs/3580121225"
 * @throws UsageError for anything else
 */
export const parseJobAddress = (text: string): JobAddress => {
  const [, id] = ID.exec(text) ?? [];
  if (id !== undefined) return { jobId: idOf(id) };
  const [, projectUrl, ofAddress] = ADDRESS.exec(text) ?? [];
  if (projectUrl !== undefined && ofAddress !== undefined) return { jobId: idOf(ofAddress), projectUrl };
  throw new UsageError(
    "The job must be given as its id, or as its address: https://gitlab.example.com/group/project/-/jobs/1",
  );
};

/** A path of GitLab's: words of letters, digits, `_`, `.` and `-`, none of them `.` or `..`. */
const PROJECT_PATH = /^(?:(?!\.{1,2}(?:\/|$))[\w.-]+)(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)+$/;

/**
 * The project's path below a GitLab.
 *
 * @param gitLabUrl without a slash at its end
 * @throws UsageError when the address is another GitLab's, or no project's
 */
export const projectPath = (projectUrl: string, gitLabUrl: string): string => {
  const path = projectUrl.startsWith(`${gitLabUrl}/`) ? projectUrl.slice(gitLabUrl.length + 1) : "";
  if (PROJECT_PATH.test(path)) return path;
  throw new UsageError(`${projectUrl} is not a project of ${gitLabUrl}, the GitLab of this deployment`);
};
