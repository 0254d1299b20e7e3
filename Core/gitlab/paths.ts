import { TransientError } from "../errors";
import type { GitRef } from "../model/runner-order";

/**
 * A number from a payload, before it becomes part of a path (T-18).
 *
 * @throws TransientError if it is no id
 */
export const wholeNumber = (value: number): string => {
  if (!Number.isSafeInteger(value) || value <= 0) throw new TransientError(`${value} is no id`);
  return String(value);
};

/** A branch or tag in GitLab's API, its name as one segment of the path (T-18). Undefined: no ref can have that name. */
export const refPath = (projectId: number, { name, isTag }: GitRef): string | undefined =>
  ["", ".", ".."].includes(name)
    ? undefined
    : `/projects/${wholeNumber(projectId)}/repository/${isTag ? "tags" : "branches"}/${encodeURIComponent(name)}`;
