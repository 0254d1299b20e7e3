import type { Fields } from "../../../Core/fields";
import { refused, YamlReference } from "./parse-yaml";

/** A map of the file, and nothing that stands for something else. */
export const isMap = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof YamlReference);

/** Maps are merged key by key; everything else is replaced. https://docs.gitlab.com/ci/yaml/#extends */
const merged = (base: Fields, over: Fields): Fields => {
  const both = Object.entries(over).map(([key, value]) => {
    const before = base[key];
    return [key, isMap(before) && isMap(value) ? merged(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(both) };
};

const named = (value: unknown): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)];

/** GitLab allows eleven levels of `extends`. */
const MAX_LEVELS = 11;

/** A job's fields with those of what it extends. @throws ApiError 400 for an unknown or circular `extends` */
const extended = (config: Fields, name: string, level = 0): Fields => {
  const own = config[name];
  if (!isMap(own)) throw refused(`${name}: unknown keys in \`extends\` (${name})`);
  if (level >= MAX_LEVELS) throw refused(`${name}: nesting too deep or circular in \`extends\``);
  const bases = named(own.extends).map((base) => extended(config, base, level + 1));
  const { extends: _, ...rest } = own;
  return merged(bases.reduce(merged, {}), rest);
};

/** The values that `!reference` tags stand for. GitLab follows ten of them in a row. */
const looked = (config: Fields, value: unknown, level = 0): unknown => {
  if (Array.isArray(value)) return value.map((one) => looked(config, one, level));
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, looked(config, one, level)]));
  if (!(value instanceof YamlReference)) return value;
  const found = value.path.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), config);
  if (found === undefined || level >= MAX_LEVELS)
    throw refused(`!reference ${JSON.stringify(value.path)} could not be found`);
  return looked(config, found, level + 1);
};

/** What a job takes from `default:`, or from the same key at the top. https://docs.gitlab.com/ci/yaml/#default */
const DEFAULTS = ["after_script", "before_script", "cache", "image", "retry", "services", "tags", "timeout"];

const defaultsOf = (config: Fields): Fields => {
  const own = isMap(config.default) ? config.default : {};
  return Object.fromEntries(
    DEFAULTS.flatMap((key) => {
      const value = own[key] ?? config[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
};

const variablesOf = (value: unknown): Fields =>
  Object.fromEntries(
    Object.entries(isMap(value) ? value : {}).map(([key, one]) => [key, isMap(one) ? one.value : one]),
  );

/** A job with everything that it has from elsewhere in the file. */
export const inherited = (config: Fields, name: string): Fields => {
  const job = { ...defaultsOf(config), ...extended(config, name) };
  const variables = { ...variablesOf(config.variables), ...variablesOf(job.variables) };
  return looked(config, { ...job, variables }) as Fields;
};
