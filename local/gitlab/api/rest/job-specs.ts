import { defined } from "../../../../Core/defined";
import { type JobRetry, type JobSpec, WHEN } from "../../model/records";
import { badParameter } from "../api-error";
import { RequestParameters } from "../parameters";
import { parseCaches } from "./job-caches";

/** GitLab's limits: a job's name has 255 characters at most. */
const MAX_NAME = 255;
/** Of one pipeline. */
export const MAX_JOBS = 1_000;
const DEFAULT_TIMEOUT_SECONDS = 3_600;

const lines = (parameters: RequestParameters, field: string): readonly string[] => {
  const value = parameters.raw(field);
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  const isList = Array.isArray(value) && value.every((line) => typeof line === "string");
  if (!isList) throw badParameter(`${field} must be a list of commands`);
  return value;
};

const tagsOf = (parameters: RequestParameters): readonly string[] => {
  const tags = lines(parameters, "tags");
  if (tags.some((tag) => tag.trim() === "")) throw badParameter("tags must not be empty texts");
  return [...new Set(tags)];
};

const variablesOf = (parameters: RequestParameters): Record<string, string> => {
  const value = parameters.raw("variables");
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, text]) => [name, String(text)]));
};

const MAX_RETRIES = 2;
/** The failure reasons that `retry:when` knows and the stand-in's jobs can have. */
const RETRY_REASONS: readonly string[] = [
  "always",
  "unknown_failure",
  "script_failure",
  "api_failure",
  "stuck_or_timeout_failure",
  "runner_system_failure",
  "runner_interrupted",
  "job_execution_timeout",
];

/** `retry: 1`, or `retry: { max: 1, when: [reasons] }`. */
const retryOf = (parameters: RequestParameters): JobRetry => {
  const value = parameters.raw("retry") ?? 0;
  const fields = new RequestParameters(typeof value === "object" ? { ...value } : { max: value });
  const max = fields.integer("max") ?? 0;
  if (max < 0 || max > MAX_RETRIES) throw badParameter(`retry must be 0 to ${MAX_RETRIES}`);
  const when = lines(fields, "when");
  if (!when.every((reason) => RETRY_REASONS.includes(reason)))
    throw badParameter(`retry:when must be of ${RETRY_REASONS.join(", ")}`);
  return { max, when: when.length > 0 ? when : ["always"] };
};

const nameOf = (parameters: RequestParameters): string => {
  const name = parameters.raw("name");
  const isName = typeof name === "string" && name !== "" && name.length <= MAX_NAME;
  if (!isName) throw badParameter("name must be a text of 1 to 255 characters");
  return name;
};

const jobSpec = (value: unknown): JobSpec => {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isRecord)
    throw badParameter('each job must be an object: { "name": "test", "script": ["echo hello"] }');
  const parameters = new RequestParameters({ ...value });
  const script = lines(parameters, "script");
  if (script.length === 0) throw badParameter("script must be a list of commands");
  const when = parameters.choice("when", WHEN) ?? "on_success";
  const timeout = parameters.integer("timeout") ?? DEFAULT_TIMEOUT_SECONDS;
  if (timeout < 1) throw badParameter("timeout must be seconds");
  return {
    name: nameOf(parameters),
    tags: tagsOf(parameters),
    script,
    stage: parameters.text("stage") ?? "test",
    afterScript: lines(parameters, "after_script"),
    when,
    // As in GitLab, a manual job does not block later stages.
    allowFailure: parameters.flag("allow_failure") ?? when === "manual",
    variables: variablesOf(parameters),
    timeoutSeconds: timeout,
    retry: retryOf(parameters),
    services: lines(parameters, "services"),
    caches: parseCaches(parameters.raw("cache")),
    ...defined({
      image: parameters.text("image"),
      needs: parameters.has("needs") ? lines(parameters, "needs") : undefined,
      parallelOf: parameters.text("parallelOf"),
    }),
  };
};

/** Reads the `jobs` of `POST /projects/:id/pipeline`. @throws ApiError 400 that names the wrong field */
export const parseJobSpecs = (value: unknown): readonly JobSpec[] => {
  if (!Array.isArray(value) || value.length === 0)
    throw badParameter("jobs must be a list of at least one job");
  if (value.length > MAX_JOBS) throw badParameter(`jobs must be ${MAX_JOBS} at most`);
  return value.map(jobSpec);
};
