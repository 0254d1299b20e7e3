import type { GitLabState } from "../model/state";

/** A branch, or a tag, by its name. */
export interface StandInRef {
  readonly name: string;
  readonly isTag: boolean;
}

/** What a project protects: names, in which `*` stands for anything. */
export interface ProtectedNames {
  readonly branches: Set<string>;
  readonly tags: Set<string>;
}

/** Every project has this branch. */
export const DEFAULT_BRANCH = "main";

/** As in a new project of GitLab's: the default branch is protected. */
export const protectedNames = (state: GitLabState, projectId: number): ProtectedNames => {
  const known = state.protectedNames.get(projectId);
  if (known !== undefined) return known;
  const names = { branches: new Set([DEFAULT_BRANCH]), tags: new Set<string>() };
  state.protectedNames.set(projectId, names);
  return names;
};

const covers = (pattern: string, name: string): boolean => {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
};

export const isProtected = (state: GitLabState, projectId: number, { name, isTag }: StandInRef): boolean => {
  const { branches, tags } = protectedNames(state, projectId);
  return [...(isTag ? tags : branches)].some((pattern) => covers(pattern, name));
};

/** Whether there is such a branch or tag: one that was made, the default branch, or what a pipeline ran for. */
export const isThere = (state: GitLabState, projectId: number, { name, isTag }: StandInRef): boolean => {
  if (isTag) return state.tags.get(projectId)?.has(name) ?? false;
  if (name === DEFAULT_BRANCH || state.branches.get(projectId)?.has(name)) return true;
  return [...state.pipelines.values()].some(
    (pipeline) => pipeline.projectId === projectId && !pipeline.ref.isTag && pipeline.ref.name === name,
  );
};

/** What a pipeline for this name runs for. */
export const refNamed = (state: GitLabState, projectId: number, name: string): StandInRef => ({
  name,
  isTag: state.tags.get(projectId)?.has(name) ?? false,
});

export const createTag = (state: GitLabState, projectId: number, name: string): void => {
  const tags = state.tags.get(projectId) ?? new Set<string>();
  state.tags.set(projectId, tags.add(name));
};
