import { type JobSpec, WHEN } from "../../model/records";
import { badParameter } from "../api-error";
import { RequestParameters } from "../parameters";

/** GitLab's limits: a job's name has 255 characters at most. */
const MAX_NAME = 255;
const MAX_JOBS = 1_000;
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
  };
};

/** Reads the `jobs` of `POST /projects/:id/pipeline`. @throws ApiError 400 that names the wrong field */
export const parseJobSpecs = (value: unknown): readonly JobSpec[] => {
  if (!Array.isArray(value) || value.length === 0)
    throw badParameter("jobs must be a list of at least one job");
  if (value.length > MAX_JOBS) throw badParameter(`jobs must be ${MAX_JOBS} at most`);
  return value.map(jobSpec);
};
