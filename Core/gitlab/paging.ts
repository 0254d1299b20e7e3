import { TransientError } from "../errors";

const LONGEST_CURSOR = 2_000;
const QUERY = /^[\w\-.~%&=+[\]:,/]+$/;

/**
 * The query of the next page, from a `Link` header. Host and path are ignored: GitLab may use another name
 * for itself, and an address from an answer is never called (T-18).
 *
 * @example nextCursor('<https://gitlab.example.com/api/v4/projects?id_after=7&per_page=2>; rel="next"') →
 *   "id_after=7&per_page=2"
 * @returns undefined on the last page
 * @throws TransientError if there is a next page whose address cannot be read
 */
export const nextCursor = (link: string | undefined): string | undefined => {
  const next = (link ?? "").split(/,(?=\s*<)/).find((part) => /;\s*rel="?next"?/.test(part));
  if (next === undefined) return undefined;
  const query = /<[^>?]*\?([^>]*)>/.exec(next)?.[1] ?? "";
  if (query.length > LONGEST_CURSOR || !QUERY.test(query))
    throw new TransientError("GitLab's answer is not as documented: the next page has no readable address");
  return query;
};
