import type { Fields } from "../../../Core/fields";
import { isMap } from "./inherit";
import { refused } from "./refused";

/** A job of a pipeline, before its fields are checked. */
export interface NamedJob {
  readonly name: string;
  readonly fields: Fields;
}

/** GitLab's limit of `parallel`. */
const MAX_PARALLEL = 200;

const values = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [String(value)];

/** All combinations of one entry of `parallel:matrix`. */
const combinations = (entry: Fields): readonly Readonly<Record<string, string>>[] =>
  Object.entries(entry).reduce<readonly Readonly<Record<string, string>>[]>(
    (all, [name, value]) => all.flatMap((one) => values(value).map((text) => ({ ...one, [name]: text }))),
    [{}],
  );

/** How many they are, before any is made. */
const countOf = (entry: Fields): number =>
  Object.values(entry).reduce<number>((product, value) => product * values(value).length, 1);

const withVariables = (
  fields: Fields,
  more: Readonly<Record<string, string>>,
  parallelOf: string,
): Fields => ({
  ...fields,
  variables: { ...(isMap(fields.variables) ? fields.variables : {}), ...more },
  parallelOf,
});

/**
 * The jobs that a job with `parallel` stands for, with GitLab's names: `test 1/3`, `test: [a, b]`.
 * https://docs.gitlab.com/ci/yaml/#parallel
 *
 * @throws ApiError 400
 */
export const parallelJobs = (name: string, { parallel, ...fields }: Fields): readonly NamedJob[] => {
  if (parallel === undefined) return [{ name, fields }];
  const matrix = isMap(parallel) ? parallel.matrix : undefined;
  const entries = Array.isArray(matrix) ? matrix.filter(isMap) : undefined;
  const count = entries?.reduce((sum, entry) => sum + countOf(entry), 0) ?? Number(parallel);
  if (!Number.isInteger(count) || count < 1 || count > MAX_PARALLEL)
    throw refused(`${name}: parallel should be an integer or a hash, and make 1 to ${MAX_PARALLEL} jobs`);
  const sets = entries?.flatMap(combinations);
  return Array.from({ length: count }, (_, index) => {
    const variables = sets?.[index] ?? {};
    const suffix =
      sets === undefined ? ` ${index + 1}/${count}` : `: [${Object.values(variables).join(", ")}]`;
    const own = { ...variables, CI_NODE_INDEX: String(index + 1), CI_NODE_TOTAL: String(count) };
    return { name: `${name}${suffix}`, fields: withVariables(fields, own, name) };
  });
};
