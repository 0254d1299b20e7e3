import type { Time } from "../../../Core/ledger";
import type { Ledger, Note } from "./ports";

/**
 * EC2's pace, a note in the ledger. There is one while EC2 refuses calls for their number: new claims then wait,
 * and the sweep releases `release` of them a time.
 */
export interface Pace {
  readonly since: Time;
  readonly lastRefusedAt: Time;
  /** Launches that one sweep lets go. */
  readonly release: number;
}

export const PACE_NOTE = "ec2-pace";

/** EC2 refills two launches a second (its documented default), so 120 between two sweeps. */
export const LEAST_RELEASE = 120;

/** A refusal is noted once in so long: the note must not become the hot item of a burst. */
const NOTE_EVERY_MILLISECONDS = 5_000;

const isPace = (value: unknown): value is Pace =>
  typeof value === "object" &&
  value !== null &&
  "since" in value &&
  "lastRefusedAt" in value &&
  "release" in value;

export const readPace = async (
  ledger: Ledger,
): Promise<{ readonly pace?: Pace; readonly version: number }> => {
  const note: Note | undefined = await ledger.note(PACE_NOTE);
  const version = note?.version ?? 0;
  return isPace(note?.value) ? { pace: note.value, version } : { version };
};

/**
 * Notes that EC2 refused a call for its number. Whoever is faster has noted the same.
 *
 * @returns whether it was the first refusal of all: nobody else is known to be held
 */
export const noteRefusal = async (ledger: Ledger, now: Time): Promise<boolean> => {
  const { pace, version } = await readPace(ledger);
  if (pace !== undefined && now - pace.lastRefusedAt < NOTE_EVERY_MILLISECONDS) return false;
  const value: Pace = { since: pace?.since ?? now, lastRefusedAt: now, release: LEAST_RELEASE };
  const isNoted = await ledger.commit([{ note: { name: PACE_NOTE, version: version + 1, value } }]);
  return isNoted && pace === undefined;
};

/** Whether a claim has to wait: EC2 is at its limit and the sweep has not let this job go. */
export const isHeld = (pace: Pace | undefined, wokenAt: Time | undefined): boolean =>
  pace !== undefined && (wokenAt === undefined || wokenAt < pace.since);
