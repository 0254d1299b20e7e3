import type { JobCacheSpec } from "../../model/records";
import { badParameter } from "../api-error";
import { RequestParameters } from "../parameters";

const POLICIES = ["pull-push", "pull", "push"] as const;
const CACHE_WHEN = ["on_success", "on_failure", "always"] as const;
/** https://docs.gitlab.com/ci/yaml/#cachekey */
const DEFAULT_KEY = "default";
const MAX_CACHES = 4;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of `key:files` as GitLab has it where none of the files exists: the stand-in has no repository. */
const keyOf = (key: unknown): string => {
  if (!isMap(key)) return key === undefined || key === null ? DEFAULT_KEY : String(key);
  return key.prefix === undefined ? DEFAULT_KEY : `${String(key.prefix)}-${DEFAULT_KEY}`;
};

const pathsOf = (value: unknown): readonly string[] => {
  const isList = Array.isArray(value) && value.every((path) => typeof path === "string" && path !== "");
  if (!isList) throw badParameter("cache:paths must be a list of paths");
  return value as string[];
};

const cacheOf = (value: unknown): JobCacheSpec => {
  if (!isMap(value)) throw badParameter("cache must be a map, or a list of maps");
  const parameters = new RequestParameters({ ...value });
  return {
    key: keyOf(value.key),
    paths: pathsOf(value.paths ?? []),
    policy: parameters.choice("policy", POLICIES) ?? "pull-push",
    when: parameters.choice("when", CACHE_WHEN) ?? "on_success",
    unprotect: parameters.flag("unprotect") ?? false,
  };
};

/** A job's `cache`. @throws ApiError 400 that names the wrong field */
export const parseCaches = (value: unknown): readonly JobCacheSpec[] => {
  const list = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  if (list.length > MAX_CACHES) throw badParameter(`cache must be ${MAX_CACHES} at most`);
  return list.map(cacheOf).filter(({ paths }) => paths.length > 0);
};
