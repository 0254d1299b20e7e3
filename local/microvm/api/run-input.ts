import { createHash } from "node:crypto";
import type { Fields } from "../../../Core/fields";
import { MAX_PAYLOAD_BYTES } from "../../../Core/model/microvm-payload";
import { MicroVmError } from "./errors";

/** RunMicrovm's input, as far as the laptop goes by it. */
export interface RunInput {
  readonly imageIdentifier: string;
  readonly imageVersion?: string;
  readonly maximumDurationInSeconds: number;
  readonly runHookPayload?: string;
  readonly executionRoleArn?: string;
  readonly ingressNetworkConnectors: readonly string[];
  readonly logGroup?: string;
  readonly clientToken?: string;
  /** Of all but the token: another request with the same token is a conflict. */
  readonly hash: string;
}

/** Eight hours. */
const LONGEST_SECONDS = 28_800;
const IMAGE_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:microvm-image:[\w-]{1,64}$/;

const refuse = (message: string): never => {
  throw new MicroVmError("ValidationException", message);
};

const optionalText = (fields: Fields, name: string): string | undefined => {
  const value = fields[name] ?? undefined;
  if (value !== undefined && typeof value !== "string") return refuse(`${name} must be a string`);
  return value;
};

const connectorsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) && value.length <= 10 ? value.map(String) : [];

const isCloudWatch = (
  logging: unknown,
): logging is { readonly cloudWatch: { readonly logGroup?: unknown } } =>
  typeof logging === "object" && logging !== null && "cloudWatch" in logging;

const checkIdlePolicy = (value: unknown): void => {
  if (value === undefined || value === null) return;
  const given = Object.keys(value);
  const wanted = ["maxIdleDurationSeconds", "suspendedDurationSeconds", "autoResumeEnabled"];
  if (!wanted.every((name) => given.includes(name))) refuse(`idlePolicy needs ${wanted.join(", ")}`);
};

/** What AWS's live service refuses; its documents say 16,384 bytes of a payload, and that an image's id will do. */
const check = (fields: Fields, input: Omit<RunInput, "hash">): void => {
  if (!IMAGE_ARN.test(input.imageIdentifier)) refuse("Malformed ARN: imageIdentifier");
  const { maximumDurationInSeconds: seconds, runHookPayload = "", clientToken } = input;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_SECONDS)
    refuse(`maximumDurationInSeconds must be 1 to ${LONGEST_SECONDS}`);
  if (Buffer.byteLength(runHookPayload) > MAX_PAYLOAD_BYTES)
    refuse(`runHookPayload must be at most ${MAX_PAYLOAD_BYTES} bytes`);
  if (clientToken !== undefined && (clientToken === "" || clientToken.length > 128))
    refuse("clientToken must be 1 to 128 characters");
  if (isCloudWatch(fields.logging) && input.executionRoleArn === undefined)
    refuse("logging to CloudWatch needs executionRoleArn");
  checkIdlePolicy(fields.idlePolicy);
};

/** @throws MicroVmError ValidationException */
export const readRunInput = (fields: Fields): RunInput => {
  const { clientToken: token, ...rest } = fields;
  const optional = {
    imageVersion: optionalText(fields, "imageVersion"),
    runHookPayload: optionalText(fields, "runHookPayload"),
    executionRoleArn: optionalText(fields, "executionRoleArn"),
    clientToken: optionalText({ token }, "token"),
    logGroup: isCloudWatch(rest.logging)
      ? optionalText({ ...rest.logging.cloudWatch }, "logGroup")
      : undefined,
  };
  const input = {
    imageIdentifier: optionalText(fields, "imageIdentifier") ?? "",
    maximumDurationInSeconds: Number(fields.maximumDurationInSeconds ?? LONGEST_SECONDS),
    ingressNetworkConnectors: connectorsOf(fields.ingressNetworkConnectors),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
  check(fields, input);
  const hash = createHash("sha256")
    .update(JSON.stringify(Object.entries(rest).sort()))
    .digest("hex");
  return { ...input, hash };
};
