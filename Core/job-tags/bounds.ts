import { ARCHITECTURES, type Architecture } from "../model/runner-class";
import { type BadRow, type Checked, checkList, checkRange, isBad } from "../routing/field-checks";
import { classNameProblem } from "../routing/mapping-keys";
import { DISK_GIB } from "../routing/mapping-row";
import { isAlias, MAX_CPU, MAX_MEMORY_GIB } from "./grammar";

/** An image's ids, e.g. `{ "arm64": "ami-0123456789abcdef0" }`. */
export type ImageIds = Readonly<Partial<Record<Architecture, string>>>;

/** How far jobs may go with their tags, as the mapping's settings say. Field names are the document's. */
export interface TagBounds {
  /** vCPUs of an instance at the most. Absent: as many as the allowed types have. */
  readonly cpu?: number;
  /** GiB of memory of an instance at the most. Absent: as many as the allowed types have. */
  readonly memory?: number;
  /** GiB of disk at the most. Absent: DEFAULT_DISK_BOUND_GIB. */
  readonly disk?: number;
  /** By alias. Absent: none can be asked for. */
  readonly images?: Readonly<Record<string, ImageIds>>;
  /** Privileged classes that may be asked for. Absent: none. Other classes need not be listed. */
  readonly classes?: readonly string[];
}

/** A disk has no limit by its instance type: so much costs about as much as a small instance does. */
export const DEFAULT_DISK_BOUND_GIB = 500;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Set);

const isImageId = (value: unknown): boolean =>
  typeof value === "string" && /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value);

const isImage = (value: unknown): boolean =>
  isRecord(value) &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(
    ([architecture, id]) => ARCHITECTURES.some((each) => each === architecture) && isImageId(id),
  );

const IMAGES_FORM = 'must be like { "tools": { "arm64": "ami-0123456789abcdef0" } }';

const checkImages = (value: unknown): Checked => {
  const isRight =
    isRecord(value) && Object.entries(value).every(([alias, ids]) => isAlias(alias) && isImage(ids));
  return isRight ? { value } : { problem: IMAGES_FORM };
};

const checkClasses = (value: unknown): Checked =>
  checkList(
    value,
    (each) => typeof each === "string" && classNameProblem(each) === undefined,
    "must list names of classes",
  );

const CHECKS: Readonly<Record<keyof TagBounds, (value: unknown) => Checked>> = {
  cpu: (value) => checkRange(value, 1, MAX_CPU, "vCPUs"),
  memory: (value) => checkRange(value, 1, MAX_MEMORY_GIB, "GiB"),
  disk: (value) => checkRange(value, DISK_GIB.min, DISK_GIB.max, "GiB"),
  images: checkImages,
  classes: checkClasses,
};

const NAMES = Object.keys(CHECKS);

/** The rule of the settings' field `bounds`. */
export const checkBounds = (value: unknown): Checked => {
  if (!isRecord(value)) return { problem: `must be an object with some of ${NAMES.join(", ")}` };
  const bounds: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof TagBounds] : undefined;
    if (check === undefined) return unknownBound(name);
    const checked = check(each);
    if (isBad(checked)) return { problem: `has a ${name} that ${checked.problem}` };
    bounds[name] = checked.value;
  }
  return { value: bounds };
};

const unknownBound = (name: string): BadRow => ({
  problem: `has the unknown field ${JSON.stringify(name)}: known are ${NAMES.join(", ")}`,
});
