import type { Fields } from "../../../Core/fields";
import { MAX_JOBS, parseJobSpecs } from "../api/rest/job-specs";
import type { JobSpec } from "../model/records";
import { inheritance, isMap } from "./inherit";
import { type NamedJob, parallelJobs } from "./parallel";
import { parseYaml } from "./parse-yaml";
import { refused } from "./refused";

/** The jobs of a `.gitlab-ci.yml`, in the order of its stages. */
export interface CiConfig {
  readonly jobs: readonly JobSpec[];
  /** What of the file this stand-in does not do, a sentence each. */
  readonly notes: readonly string[];
}

/** Keys of the file that are no jobs: https://docs.gitlab.com/ci/yaml/#global-keywords */
const GLOBAL = [
  "after_script",
  "before_script",
  "cache",
  "default",
  "image",
  "include",
  "services",
  "spec",
  "stages",
  "variables",
  "workflow",
];

const DEFAULT_STAGES = ["build", "test", "deploy"];

/** What GitLab would do and this stand-in leaves out. */
const NOT_DONE: Readonly<Record<string, string>> = {
  artifacts: "artifacts are not stored",
  environment: "environments are not made",
  id_tokens: "ID tokens are not made",
  except: "except is not read: the job is in every pipeline",
  resource_group: "resource_group is not read: its jobs may run at the same time",
  secrets: "secrets are not fetched",
  only: "only is not read: the job is in every pipeline",
  rules: "rules are not read: the job is in every pipeline",
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** `10 minutes`, `1h 30m` in seconds; what is no such text is left as it is, for the check of the fields. */
const inSeconds = (timeout: unknown): unknown => {
  const parts = [...String(timeout).matchAll(/(\d+)\s*(h|m|s)[a-z]*/g)];
  if (typeof timeout !== "string" || parts.length === 0) return timeout;
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 1), 0);
};

const commands = (value: unknown): unknown =>
  Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : value === undefined ? [] : [value];

const names = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((one) => (isMap(one) ? (one.name ?? one.job) : one)) : value;

/** Without jobs of other pipelines, whose artifacts alone are meant, and optional ones that the file does not have. */
const needed =
  (config: Fields) =>
  (value: unknown): unknown => {
    const isOutside = (one: unknown): boolean =>
      isMap(one) &&
      (one.project !== undefined ||
        one.pipeline !== undefined ||
        (one.optional === true && !Object.hasOwn(config, String(one.job))));
    return names(Array.isArray(value) ? value.filter((one) => !isOutside(one)) : value);
  };

/** Absent keys stay absent. */
const changed = (fields: Fields, changes: Readonly<Record<string, (value: unknown) => unknown>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      changes[key] === undefined ? value : changes[key](value),
    ]),
  );

const plain = (config: Fields, { before_script: before, script, ...fields }: Fields): Fields => ({
  ...changed(fields, {
    after_script: commands,
    allow_failure: (value) => isMap(value) || value,
    image: (value) => (isMap(value) ? value.name : value),
    needs: needed(config),
    services: names,
    timeout: inSeconds,
    when: (value) => (value === "delayed" ? "on_success" : value),
  }),
  script: [commands(before), commands(script)].flat(),
});

const notesOf = ({ name, fields }: NamedJob): readonly string[] => [
  ...Object.entries(NOT_DONE).flatMap(([key, words]) => (key in fields ? [`${name}: ${words}`] : [])),
  ...(fields.when === "delayed" ? [`${name}: delayed jobs start at once`] : []),
];

const stagesOf = (config: Fields): readonly string[] => {
  const own = Array.isArray(config.stages) ? config.stages.map(String) : DEFAULT_STAGES;
  return [".pre", ...own.filter((stage) => stage !== ".pre" && stage !== ".post"), ".post"];
};

/** `$NAME` and `${NAME}` in a job's tags, by its variables; one that is not known becomes empty. https://docs.gitlab.com/ci/yaml/#tags */
const withTags = ({ name, fields }: NamedJob): NamedJob => {
  const { tags } = fields;
  const variables = isMap(fields.variables) ? fields.variables : {};
  const expand = (tag: unknown): unknown =>
    typeof tag === "string"
      ? tag.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => String(variables[braced ?? bare] ?? ""))
      : tag;
  return Array.isArray(tags) ? { name, fields: { ...fields, tags: tags.map(expand) } } : { name, fields };
};

const inStages = (config: Fields, jobs: readonly JobSpec[]): readonly JobSpec[] => {
  const stages = stagesOf(config);
  const lost = jobs.find(({ stage }) => !stages.includes(stage));
  if (lost !== undefined)
    throw refused(
      `${lost.name} job: chosen stage ${lost.stage} does not exist; available stages are ${stages.join(", ")}`,
    );
  return stages.flatMap((stage) => jobs.filter((job) => job.stage === stage));
};

const checkNeeds = (jobs: readonly JobSpec[]): void => {
  const known = new Set(jobs.flatMap(({ name, parallelOf = name }) => [name, parallelOf]));
  for (const { name, needs = [] } of jobs) {
    const missing = needs.find((one) => !known.has(one));
    if (missing !== undefined)
      throw refused(`'${name}' job needs '${missing}' job, but '${missing}' does not exist in the pipeline`);
  }
};

/**
 * Reads a `.gitlab-ci.yml`: stages, tags, image, services, script, parallel, needs, when, allow_failure, retry, timeout,
 * variables, default, inherit, extends, anchors and `!reference`. What is left out of a job is said in `notes`.
 *
 * @throws ApiError 400 in GitLab's words, with line and column where the text is no YAML
 */
export const readCiConfig = (text: string): CiConfig => {
  const config = parseYaml(text);
  if (!isMap(config)) throw refused("Invalid configuration format: the file must be a map of jobs");
  const wanted = Object.keys(config).filter((name) => !name.startsWith(".") && !GLOBAL.includes(name));
  if (wanted.length > MAX_JOBS)
    throw refused(`The file has ${wanted.length} jobs, and ${MAX_JOBS} at most are run`);
  const inherited = inheritance(config);
  const named = wanted.map((name) => ({ name, fields: inherited(name) }));
  const isTrigger = ({ fields }: NamedJob): boolean => "trigger" in fields;
  const runs = named.filter((job) => !isTrigger(job));
  if (runs.length === 0) throw refused("No stages / jobs for this pipeline.");
  const all = runs.flatMap(({ name, fields }) => parallelJobs(name, plain(config, fields)).map(withTags));
  const jobs = inStages(config, parseJobSpecs(all.map(({ name, fields }) => ({ ...fields, name }))));
  checkNeeds(jobs);
  const left = [
    ...("include" in config
      ? ["include is not read: paste the merged file (Pipeline editor, Full configuration)"]
      : []),
    ...("workflow" in config ? ["workflow is not read: there is a pipeline each time"] : []),
    ...named.filter(isTrigger).map(({ name }) => `${name}: triggers of other pipelines are left out`),
  ];
  return { jobs, notes: [...left, ...runs.flatMap(notesOf)] };
};
