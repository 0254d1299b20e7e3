import { fieldsOf } from "../input";
import { LEASE_KINDS, type Lease, type Time } from "../model/ledger";
import { codeOf } from "../model/reasons";
import type { FailingParts } from "./pass-parts";
import type { StateRecord } from "./reader";
import type { Refusals } from "./refusals";

export const RECONCILER_RECORD = "reconciler";

/** The state that a pass stores for the next one. */
export interface ReconcilerState {
  readonly lease?: Lease;
  /** Id of a served project → when it last had a job of ours or was named. */
  readonly projects: Readonly<Record<string, Time>>;
  /** Of the token's projects those that the settings list by a path, as they were last read. */
  readonly members: readonly number[];
  /** The settings' list of served projects for which that was read, as JSON. */
  readonly membersOf: string;
  readonly projectsReadAt: Time;
  /** The project to ask first: a pass makes 100 list calls at most, so the next pass goes on from here. */
  readonly nextProject: number;
  /** Where the list of runner records continues. Absent: at its start. */
  readonly recordsCursor?: string;
  /** Where the list of MicroVMs continues. Absent: at its start. */
  readonly microVmsCursor?: string;
  /** Keys that the last pass saw. Seeing one again needs no comparison of clocks (I-33). */
  readonly seen: readonly string[];
  /** Records and instances that the ledger does not know → when they were first seen. */
  readonly unknown: Readonly<Record<string, Time>>;
  /** Projects that refuse the list of their jobs. */
  readonly refusals: Refusals;
  /** Parts that failed in the last pass. */
  readonly failing: FailingParts;
  /** When Lambda last said how many executions the account may have at once; 0: never. */
  readonly accountReadAt: Time;
  /** When the last pass was completed; 0: never. */
  readonly doneAt: Time;
}

export const EMPTY: ReconcilerState = {
  projects: {},
  members: [],
  membersOf: "[]",
  projectsReadAt: 0,
  nextProject: 0,
  seen: [],
  unknown: {},
  refusals: {},
  failing: {},
  accountReadAt: 0,
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

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "number");

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

/** Reads the state record. A field that cannot be read gets its initial value. */
export const parseReconcilerState = (stateRecord: StateRecord | undefined): ReconcilerState => {
  if (stateRecord === undefined) return EMPTY;
  const { lease, projects, projectsReadAt, nextProject, recordsCursor, seen, unknown, ...more } = fieldsOf(
    stateRecord.value,
    "The reconciler's note",
  );
  return {
    ...(isLease(lease) ? { lease } : {}),
    // Before there was a list, a membership alone put a project here: then it begins anew.
    projects: isTimes(projects) && typeof more.membersOf === "string" ? projects : {},
    members: isNumbers(more.members) ? more.members : [],
    membersOf: typeof more.membersOf === "string" ? more.membersOf : "",
    projectsReadAt: typeof projectsReadAt === "number" ? projectsReadAt : 0,
    nextProject: typeof nextProject === "number" ? nextProject : 0,
    ...(typeof recordsCursor === "string" ? { recordsCursor } : {}),
    ...(typeof more.microVmsCursor === "string" ? { microVmsCursor: more.microVmsCursor } : {}),
    seen: isStrings(seen) ? seen : [],
    unknown: isTimes(unknown) ? unknown : {},
    refusals: isRefusals(more.refusals) ? more.refusals : {},
    failing: isFailing(more.failing) ? more.failing : {},
    accountReadAt: typeof more.accountReadAt === "number" ? more.accountReadAt : 0,
    doneAt: typeof more.doneAt === "number" ? more.doneAt : 0,
  };
};
