import { InvalidInputError } from "../../../Core/errors";
import type { Fields } from "../../../Core/fields";
import { checkGitLabUrl } from "../../../Core/gitlab/gitlab-url";
import { fieldsOf, idOf, textOf } from "../../../Core/input";
import type { CachePath, RunnerCache } from "../../../Core/model/bootstrap-row";
import type { MicroVmPayload } from "../../../Core/model/microvm-payload";
import { MICROVM_EXECUTORS } from "../../../Core/model/runner-class";

/** What Lambda's `/run` hook brings: which VM this is, and what AutoScaler gave it. */
export interface RunRequest {
  /** E.g. `microvm-0f2d3c1e-…`. */
  readonly microvmId: string;
  readonly payload: MicroVmPayload;
}

/** The text is not repeated in a message: it holds the token. */
const parsed = (text: string, what: string): Fields => {
  try {
    return fieldsOf(JSON.parse(text), what);
  } catch {
    throw new InvalidInputError(`${what} must be a JSON object`);
  }
};

const oneOf = <Value extends string>(values: readonly Value[], value: unknown, what: string): Value => {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new InvalidInputError(`${what} must be ${values.join(" or ")}`);
  return found;
};

const switchOf = (value: unknown = false, what: string): boolean => {
  if (typeof value !== "boolean") throw new InvalidInputError(`${what} must be true or false`);
  return value;
};

const CACHE_PATHS: readonly CachePath[] = ["protected", "unprotected"];

const cacheOf = (value: unknown): RunnerCache => {
  const fields = fieldsOf(value, "cache");
  const text = (name: string): string => textOf(fields[name], `cache.${name}`);
  return {
    bucket: text("bucket"),
    region: text("region"),
    path: oneOf(CACHE_PATHS, fields.path, "cache.path"),
    accessKeyId: text("accessKeyId"),
    secretAccessKey: text("secretAccessKey"),
    sessionToken: text("sessionToken"),
  };
};

const payloadOf = (fields: Fields): MicroVmPayload => ({
  url: checkGitLabUrl(textOf(fields.url, "url")),
  token: textOf(fields.token, "token"),
  runnerId: idOf(fields.runnerId, "runnerId"),
  executor: oneOf(MICROVM_EXECUTORS, fields.executor, "executor"),
  image: textOf(fields.image, "image"),
  ...(switchOf(fields.privileged, "privileged") ? { privileged: true as const } : {}),
  lifetimeSeconds: idOf(fields.lifetimeSeconds, "lifetimeSeconds"),
  waitTimeoutSeconds: idOf(fields.waitTimeoutSeconds, "waitTimeoutSeconds"),
  deletesOwnRecord: fields.deletesOwnRecord === true,
  ...(fields.cache === undefined ? {} : { cache: cacheOf(fields.cache) }),
});

/**
 * Reads the body of `/run`.
 *
 * @throws InvalidInputError or ConfigurationError that names the field, and no value
 */
export const parseRunRequest = (body: string): RunRequest => {
  const { microvmId, runHookPayload } = parsed(body, "The body");
  const payload = parsed(textOf(runHookPayload, "runHookPayload"), "runHookPayload");
  return { microvmId: textOf(microvmId, "microvmId"), payload: payloadOf(payload) };
};
