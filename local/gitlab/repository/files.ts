import type { GitLabState } from "../model/state";
import { DEFAULT_BRANCH } from "./refs";

/** Path → content. */
export type BranchFiles = ReadonlyMap<string, string>;

/** A branch's files; undefined: there is no such branch. The default branch is there, and has none at first. */
export const filesOf = (state: GitLabState, projectId: number, branch: string): BranchFiles | undefined =>
  state.branches.get(projectId)?.get(branch) ?? (branch === DEFAULT_BRANCH ? new Map() : undefined);

export const storeFiles = (
  state: GitLabState,
  projectId: number,
  branch: string,
  files: BranchFiles,
): void => {
  const branches = state.branches.get(projectId) ?? new Map<string, BranchFiles>();
  branches.set(branch, files);
  state.branches.set(projectId, branches);
};

/** @returns false when there is no such branch */
export const deleteBranch = (state: GitLabState, projectId: number, branch: string): boolean =>
  state.branches.get(projectId)?.delete(branch) ?? false;
