import type { RunnerOrder } from "../../../Core/model/runner-order";
import type { Dependencies } from "../dependencies";
import type { Time } from "../ports";

/** Whether refs are protected, as read within the last minute. Shared by all starts of a process. */
export type ProtectedRefs = Map<string, { readonly isProtected: boolean | undefined; readonly until: Time }>;

export type ProtectedRefDependencies = Pick<Dependencies, "gitLab" | "clock"> & {
  /** Absent: GitLab is asked each time. */
  readonly protectedRefs?: ProtectedRefs;
};

const KEPT_MILLISECONDS = 60_000;
const MAX_KEPT = 1_000;

const keep = (refs: ProtectedRefs, key: string, isProtected: boolean | undefined, until: Time): void => {
  if (refs.size >= MAX_KEPT) refs.clear();
  refs.set(key, { isProtected, until });
};

/**
 * Whether GitLab protects the branch or tag that a job runs for. Undefined where GitLab does not tell, as of a branch that is gone
 * or the ref of a merge request: the runner's record is then made as for an unprotected one, and may take any job.
 *
 * @throws TransientError when GitLab does not answer: the start is repeated, rather than a runner made for everybody
 */
export const isOnProtectedRef = async (
  { gitLab, clock, protectedRefs = new Map() }: ProtectedRefDependencies,
  { projectId, ref }: Pick<RunnerOrder, "projectId" | "ref">,
): Promise<boolean | undefined> => {
  if (ref === undefined) return undefined;
  const key = `${projectId} ${ref.isTag ? "tag" : "branch"} ${ref.name}`;
  const known = protectedRefs.get(key);
  if (known !== undefined && clock.now() < known.until) return known.isProtected;
  const isProtected = await gitLab.isProtected(projectId, ref);
  keep(protectedRefs, key, isProtected, clock.now() + KEPT_MILLISECONDS);
  return isProtected;
};
