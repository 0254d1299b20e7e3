import { fieldsOf } from "../input";
import { LEASE_KINDS, type Lease, type Time } from "../model/ledger";
import { codeOf } from "../model/reasons";
import type { FailingParts } from "./pass-parts";
import type { StateRecord } from "./reader";
import type { Refusals } from "./refusals";

export const RECONCILER_RECORD = "reconciler";

/** What one pass leaves to the next. */
export interface ReconcilerState {
  readonly lease?: Lease;
  /** Project id → when it was last known to have jobs of ours, or to be one of the token's. */
  readonly projects: Readonly<Record<string, Time>>;
  readonly projectsReadAt: Time;
  /** The project to ask first: a pass asks 100 times at most, so they take turns. */
  readonly nextProject: number;
  /** Where the list of runner records goes on; absent: from its begin. */
  readonly recordsCursor?: string;
  /** What the last pass saw for the first time: a second look needs no clock (I-33). */
  readonly seen: readonly string[];
  /** Records and instances that the ledger does not know → when they were first seen. */
  readonly unknown: Readonly<Record<string, Time>>;
  /** Projects that refuse the list of their jobs. */
  readonly refusals: Refusals;
  /** Parts that failed in the last pass. */
  readonly failing: FailingParts;
  /** When the last pass was done; 0: none was. */
  readonly doneAt: Time;
}

export const EMPTY: ReconcilerState = {
  projects: {},
  projectsReadAt: 0,
  nextProject: 0,
  seen: [],
  unknown: {},
  refusals: {},
  failing: {},
  doneAt: 0,
};

const isTimes = (value: unknown): value is Record<string, Time> =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((time) => typeof time === "number");

const isLease = (value: unknown): value is Lease =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  codeOf(LEASE_KINDS, value.kind) !== undefined &&
  "holder" in value &&
  "until" in value;

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

const isRecordOf = <Entry>(
  value: unknown,
  isEntry: (entry: object) => boolean,
): value is Record<string, Entry> =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((entry) => typeof entry === "object" && entry !== null && isEntry(entry));

const isRefusals = (value: unknown): value is Refusals =>
  isRecordOf(value, (entry) => ["status", "since", "at", "count"].every((name) => isNumberIn(entry, name)));

const isFailing = (value: unknown): value is FailingParts =>
  isRecordOf(value, (entry) => isNumberIn(entry, "since") && typeof Reflect.get(entry, "error") === "string");

const isNumberIn = (entry: object, name: string): boolean => typeof Reflect.get(entry, name) === "number";

/** Reads the state record back; a field that cannot be read begins anew. */
export const parseReconcilerState = (stateRecord: StateRecord | undefined): ReconcilerState => {
  if (stateRecord === undefined) return EMPTY;
  const { lease, projects, projectsReadAt, nextProject, recordsCursor, seen, unknown, ...more } = fieldsOf(
    stateRecord.value,
    "The reconciler's note",
  );
  return {
    ...(isLease(lease) ? { lease } : {}),
    projects: isTimes(projects) ? projects : {},
    projectsReadAt: typeof projectsReadAt === "number" ? projectsReadAt : 0,
    nextProject: typeof nextProject === "number" ? nextProject : 0,
    ...(typeof recordsCursor === "string" ? { recordsCursor } : {}),
    seen: isStrings(seen) ? seen : [],
    unknown: isTimes(unknown) ? unknown : {},
    refusals: isRefusals(more.refusals) ? more.refusals : {},
    failing: isFailing(more.failing) ? more.failing : {},
    doneAt: typeof more.doneAt === "number" ? more.doneAt : 0,
  };
};
