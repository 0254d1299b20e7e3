import {
  ARCHITECTURES,
  type Architecture,
  FALLBACK_PROVIDERS,
  type FallbackProvider,
  MARKETS,
  type Market,
  MICROVM_EXECUTORS,
  MICROVM_MEMORY_MIB,
  type MicroVmExecutor,
  type MicroVmMemory,
  PROVIDERS,
  type Provider,
} from "../model/runner-class";
import {
  type BadRow,
  type Checked,
  checkChoice,
  checkList,
  checkRange,
  checkSwitch,
  isBad,
  isProjectId,
  oneOf,
} from "./field-checks";
import { functionArnProblem, type Home } from "./function-arn";
import { parseClassRowKey, readClassKey, readJobKey, readTagsKey } from "./mapping-keys";
import type { StoredRow } from "./mapping-state";

/** GitLab refuses a runner with a shorter `maximum_timeout`. https://docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user */
export const MIN_LIFETIME_SECONDS = 600;
/** The longest that a Lambda function may run. */
export const MAX_LAMBDA_LIFETIME_SECONDS = 900;
export const MAX_EC2_LIFETIME_SECONDS = 172_800;
/** The longest that a MicroVM may live. https://docs.aws.amazon.com/lambda/latest/microvm-api/API_RunMicrovm.html */
export const MAX_MICROVM_LIFETIME_SECONDS = 28_800;
/** A suspended VM costs its snapshot, and its end may be no later than its maximum duration. */
export const MAX_KEEP_MINUTES = 60;
export const MAX_WAIT_TIMEOUT_SECONDS = 3600;
export const MAX_RUNNERS = 100_000;
export const MAX_PRIORITY = 1_000;
/** gp3 as EC2 sells it. */
export const DISK_GIB = { min: 8, max: 16_384 } as const;

export { type BadRow, isBad, oneOf } from "./field-checks";

/** A job row: which runner the jobs under its keys get. */
export interface MappingJobRow {
  readonly pk: string;
  readonly sk: string;
  readonly projectId?: number;
  /** Absent: all jobs, by tags alone. */
  readonly name?: string;
  /** A set, sorted. Undefined for a digest key, which matches as a whole. */
  readonly tags?: readonly string[];
  readonly type: Provider;
  /** LAMBDA only. */
  readonly functionArn?: string;
  /** Absent: the default class of its type. */
  readonly className?: string;
}

/** A class row: what differs from the default class of its type. Field names are the document's. */
export interface ClassFields {
  readonly type: Provider;
  readonly architecture?: Architecture;
  readonly instanceTypes?: readonly string[];
  readonly market?: Market;
  readonly diskGiB?: number;
  /** EC2, and MICROVM with the docker executor: whether job containers are privileged. */
  readonly privileged?: boolean;
  readonly maxRunners?: number;
  /** Of a project's waiting jobs those of the class with the highest one go first; absent: 0. */
  readonly priority?: number;
  readonly lifetimeSeconds?: number;
  readonly waitTimeoutSeconds?: number;
  /** GitLab project ids that may use the class. */
  readonly projects?: readonly number[];
  /** Whether only jobs on protected branches and tags may use the class. */
  readonly protectedRefsOnly?: boolean;
  /** LAMBDA: whether jobs with `image` fail instead of running without it. */
  readonly refuseImages?: boolean;
  /** EC2: whether operators may open a shell on a machine of the class, but for jobs on protected refs. */
  readonly shell?: boolean;
  /** MICROVM: one of the sizes for which MicroVmRunner has an image. */
  readonly memoryMiB?: MicroVmMemory;
  /** MICROVM. */
  readonly executor?: MicroVmExecutor;
  /** MICROVM: the docker executor's image for jobs that name none. */
  readonly image?: string;
  /** MICROVM: whose default class its jobs get where no MicroVM is to be had. */
  readonly fallback?: FallbackProvider;
  /** MICROVM: minutes for which the VM of a failed job is kept, suspended; never on a protected ref. */
  readonly keepOnFailure?: number;
}

export const CLASS_FIELDS = [
  "type",
  "architecture",
  "instanceTypes",
  "market",
  "diskGiB",
  "privileged",
  "maxRunners",
  "priority",
  "lifetimeSeconds",
  "waitTimeoutSeconds",
  "projects",
  "protectedRefsOnly",
  "refuseImages",
  "shell",
  "memoryMiB",
  "executor",
  "image",
  "fallback",
  "keepOnFailure",
] as const satisfies readonly (keyof ClassFields)[];

/** Fields that do not mean something on every provider. Lambda: a function's size is the function's own. */
const ONLY_ON: Readonly<Partial<Record<keyof ClassFields, readonly Provider[]>>> = {
  architecture: ["EC2"],
  instanceTypes: ["EC2"],
  market: ["EC2"],
  diskGiB: ["EC2"],
  privileged: ["EC2", "MICROVM"],
  shell: ["EC2"],
  refuseImages: ["LAMBDA"],
  memoryMiB: ["MICROVM"],
  executor: ["MICROVM"],
  image: ["MICROVM"],
  fallback: ["MICROVM"],
  keepOnFailure: ["MICROVM"],
};

/** Why a provider has no use for a field of another one. */
const WITHOUT: Readonly<Record<Provider, string>> = {
  LAMBDA: "a function's size is the function's own",
  EC2: "an instance runs a job in the image that it asks for, and has a size of its own",
  MICROVM: 'a MicroVM is arm64, and as large as "memoryMiB" says',
};

/** Why a class of this type cannot have a field; undefined: it can. Continues "field …". */
export const fieldTypeProblem = (field: keyof ClassFields, type: Provider): string | undefined => {
  const only = ONLY_ON[field];
  return only === undefined || only.includes(type)
    ? undefined
    : `is for ${only.join(" and ")} classes: ${WITHOUT[type]}`;
};

/** How messages name a row, e.g. `job#build / tags#arm64`. */
export const rowName = (row: { readonly pk: string; readonly sk: string }): string => `${row.pk} / ${row.sk}`;

/** A number beyond 2^53 in the table arrives as a bigint, which JSON cannot hold. */
const show = (value: unknown): string =>
  typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));

const typeProblem = (value: unknown): string =>
  value === undefined
    ? `has no type: say ${PROVIDERS.join(" or ")}`
    : `has the unknown type ${show(value)}: say ${PROVIDERS.join(" or ")}`;

const classNameIn = (value: unknown): { readonly className?: string } | BadRow => {
  if (value === undefined) return {};
  if (typeof value === "string" && value !== "") return { className: value };
  return { problem: `has ${show(value)} as its class: give a class's name, or leave it out` };
};

const functionIn = (
  type: Provider,
  arn: unknown,
  home: Home | undefined,
): { readonly functionArn?: string } | BadRow => {
  if (type !== "LAMBDA") {
    const isAbsent = arn === undefined || arn === "";
    return isAbsent ? {} : { problem: `has the type ${type} and an arn, which is for LAMBDA: leave one out` };
  }
  // Without one it is the deployment's own Lambda runner.
  if (arn === undefined) return {};
  const problem = functionArnProblem(arn, home);
  if (problem) return { problem };
  return typeof arn === "string" ? { functionArn: arn } : {};
};

/**
 * The one reading of a job row (F-15): look-up, `doctor`, `mapping check`, `upload` and `pull` all use it.
 *
 * @param home asks for a function of this account and region
 */
export const parseJobRow = (row: StoredRow, home?: Home): MappingJobRow | BadRow => {
  const keys = readJobKey(row.pk);
  if (isBad(keys)) return keys;
  const tags = readTagsKey(row.sk);
  if (isBad(tags)) return tags;
  const type = oneOf(PROVIDERS, row.type);
  if (type === undefined) return { problem: typeProblem(row.type) };
  const className = classNameIn(row.class);
  if (isBad(className)) return className;
  const runner = functionIn(type, row.arn, home);
  if (isBad(runner)) return runner;
  const set = "tags" in tags ? { tags: tags.tags } : {};
  return { pk: row.pk, sk: row.sk, ...keys, ...set, type, ...runner, ...className };
};

const MAX_LIFETIME_SECONDS: Readonly<Record<Provider, number>> = {
  LAMBDA: MAX_LAMBDA_LIFETIME_SECONDS,
  EC2: MAX_EC2_LIFETIME_SECONDS,
  MICROVM: MAX_MICROVM_LIFETIME_SECONDS,
};

const isInstanceType = (each: unknown): boolean =>
  typeof each === "string" && /^[a-z0-9-]+\.[a-z0-9-]+$/.test(each);

const checkMemory = (value: unknown): Checked =>
  MICROVM_MEMORY_MIB.some((each) => each === value)
    ? { value }
    : { problem: `must be one of ${MICROVM_MEMORY_MIB.join(", ")}` };

/** As a job's `image` may be: no blank, which would end it where it is handed on. */
const checkImage = (value: unknown): Checked =>
  typeof value === "string" && /^[A-Za-z0-9][\w./:@-]{0,254}$/.test(value)
    ? { value }
    : { problem: "must be a container image such as alpine:3.22" };

/** One class field's rule, shared by the document and the stored row. `problem` continues "field …". */
export const checkClassField = (field: keyof ClassFields, value: unknown, type: Provider): Checked => {
  switch (field) {
    case "type":
      return checkChoice(PROVIDERS, value);
    case "architecture":
      return checkChoice(ARCHITECTURES, value);
    case "market":
      return checkChoice(MARKETS, value);
    case "instanceTypes":
      return checkList(value, isInstanceType, "must list instance types such as m7g.large");
    case "diskGiB":
      return checkRange(value, DISK_GIB.min, DISK_GIB.max, "GiB");
    case "privileged":
    case "protectedRefsOnly":
    case "refuseImages":
    case "shell":
      return checkSwitch(value);
    case "maxRunners":
      return checkRange(value, 1, MAX_RUNNERS, "runners");
    case "priority":
      return checkRange(value, -MAX_PRIORITY, MAX_PRIORITY, "steps");
    case "lifetimeSeconds":
      return checkRange(value, MIN_LIFETIME_SECONDS, MAX_LIFETIME_SECONDS[type], "seconds");
    case "waitTimeoutSeconds":
      return checkRange(value, 1, MAX_WAIT_TIMEOUT_SECONDS, "seconds");
    case "memoryMiB":
      return checkMemory(value);
    case "executor":
      return checkChoice(MICROVM_EXECUTORS, value);
    case "image":
      return checkImage(value);
    case "fallback":
      return checkChoice(FALLBACK_PROVIDERS, value);
    case "keepOnFailure":
      return checkRange(value, 1, MAX_KEEP_MINUTES, "minutes");
    case "projects":
      return checkList(value, isProjectId, "must list GitLab project ids, numbers above 0");
  }
};

/** Why a MICROVM class cannot be privileged; undefined: it can, or is not. Continues a sentence that began with its name. */
export const privilegedProblem = ({
  type,
  privileged,
  executor = "docker",
  fallback,
}: Pick<ClassFields, "type" | "privileged" | "executor" | "fallback">): string | undefined => {
  if (type !== "MICROVM" || !privileged) return undefined;
  if (executor !== "docker")
    return `has "privileged", which is for the executor docker: leave it out, or the executor ${executor}`;
  return fallback === "LAMBDA"
    ? 'has "privileged" and falls back to LAMBDA, which has no containers: let it fall back to EC2, or leave one out'
    : undefined;
};

/** Checks a stored class row. */
export const parseClassRow = (row: StoredRow): ClassFields | BadRow => {
  const key = readClassKey(row.pk, row.sk);
  if (isBad(key)) return key;
  const type = oneOf(PROVIDERS, row.type);
  if (type === undefined) return { problem: typeProblem(row.type) };
  const fields: Record<string, unknown> = {};
  for (const field of CLASS_FIELDS) {
    if (!Object.hasOwn(row, field)) continue;
    if (fieldTypeProblem(field, type) !== undefined) {
      return { problem: `has ${field}, which a ${type} class cannot have: leave it out` };
    }
    const checked = checkClassField(field, row[field], type);
    if (isBad(checked)) return { problem: `has a ${field} that cannot be: it ${checked.problem}` };
    fields[field] = checked.value;
  }
  return { ...fields, type };
};

/** The class's name, from its key. */
export const classNameOf = (row: StoredRow): string => parseClassRowKey(row.pk) ?? row.pk;
