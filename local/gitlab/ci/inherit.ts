import type { Fields } from "../../../Core/fields";
import { chains } from "./chains";
import { YamlReference } from "./parse-yaml";
import { refused } from "./refused";
import { ValueBudget } from "./value-budget";

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
/** And ten references in a row. https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags */
const MAX_REFERENCES = 10;

/** Jobs with the fields of what they extend, by name. @throws ApiError 400 for an unknown or circular `extends` */
const extender = (config: Fields, budget: ValueBudget): ((name: string) => Fields) =>
  chains<Fields>(
    MAX_LEVELS,
    (name, extended) => {
      const own = config[name];
      if (!isMap(own)) throw refused(`${name}: unknown keys in \`extends\` (${name})`);
      const { extends: bases, ...rest } = own;
      const fields = merged(named(bases).map(extended).reduce(merged, {}), rest);
      budget.spend(fields);
      return fields;
    },
    (name) => refused(`${name}: nesting too deep or circular in \`extends\``),
  );

/** The values that `!reference` tags stand for. */
const referrer = (config: Fields): ((value: unknown) => unknown) => {
  const looked = (value: unknown, follow: (path: string) => unknown): unknown => {
    if (Array.isArray(value)) return value.map((one) => looked(one, follow));
    if (isMap(value))
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, looked(one, follow)]));
    return value instanceof YamlReference ? follow(JSON.stringify(value.path)) : value;
  };
  const follow = chains<unknown>(
    MAX_REFERENCES,
    (path, next) => {
      const keys: readonly string[] = JSON.parse(path);
      const found = keys.reduce<unknown>(
        (at, key) => (isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined),
        config,
      );
      if (found === undefined) throw refused(`!reference ${path} could not be found`);
      return looked(found, next);
    },
    (path) => refused(`!reference ${path} is part of a circular chain, or nested too deep`),
  );
  return (value) => looked(value, follow);
};

/** What a job takes from `default:`. https://docs.gitlab.com/ci/yaml/#default */
const DEFAULTS = [
  "after_script",
  "artifacts",
  "before_script",
  "cache",
  "id_tokens",
  "image",
  "interruptible",
  "retry",
  "services",
  "tags",
  "timeout",
];
/** Those that may also stand at the top. */
const AT_THE_TOP = ["after_script", "before_script", "cache", "image", "services"];

/** What `inherit:` lets a job take: all, nothing, or the keys that it lists. https://docs.gitlab.com/ci/yaml/#inherit */
const taken = (fields: Fields, inherit: unknown): Fields => {
  if (inherit === undefined || inherit === true) return fields;
  const keys = Array.isArray(inherit) ? inherit : [];
  return Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)));
};

const defaultsOf = (config: Fields): Fields => {
  const own = isMap(config.default) ? config.default : {};
  return Object.fromEntries(
    DEFAULTS.flatMap((key) => {
      const value = own[key] ?? (AT_THE_TOP.includes(key) ? config[key] : undefined);
      return value === undefined ? [] : [[key, value]];
    }),
  );
};

const variablesOf = (value: unknown): Fields =>
  Object.fromEntries(
    Object.entries(isMap(value) ? value : {}).map(([key, one]) => [key, isMap(one) ? one.value : one]),
  );

/** What all jobs of a file may become together; a thousand jobs of five hundred values each, counted twice. */
const MAX_VALUES = 1_000_000;

/**
 * @returns gives a job, by its name, with everything that it has from elsewhere in the file
 */
export const inheritance = (config: Fields): ((name: string) => Fields) => {
  const budget = new ValueBudget(MAX_VALUES);
  const extended = extender(config, budget);
  const looked = referrer(config);
  return (name) => {
    const { inherit, ...own } = extended(name);
    const { default: defaults, variables: globals } = isMap(inherit) ? inherit : {};
    const job = { ...taken(defaultsOf(config), defaults), ...own };
    const variables = {
      ...taken(variablesOf(config.variables), globals),
      ...variablesOf(job.variables),
    };
    const fields = looked({ ...job, variables }) as Fields;
    budget.spend(fields);
    return fields;
  };
};
