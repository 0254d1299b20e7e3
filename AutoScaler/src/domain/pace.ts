import type { Time } from "../../../Core/ledger";
import type { Ledger, Note } from "./ports";

/**
 * EC2's pace, a note in the ledger. There is one while EC2 refuses calls for their number: new claims then wait in
 * line, and are let go as fast as EC2 launches.
 */
export interface Pace {
  readonly since: Time;
  readonly lastRefusedAt: Time;
  /** Launches that are called for. */
  readonly perSecond: number;
  /** Seconds with a refusal since the pace was last looked over. */
  readonly refused: number;
}

export const PACE_NOTE = "ec2-pace";

/** What EC2 refills, by its documented default. */
const FIRST_PER_SECOND = 2;
const LEAST_PER_SECOND = 0.2;
const MOST_PER_SECOND = 150;

/** A refusal is noted once in so long: the note must not become the hot item of a burst. */
const NOTE_EVERY_MILLISECONDS = 1_000;

const FIELDS: readonly (keyof Pace)[] = ["since", "lastRefusedAt", "perSecond", "refused"];

const isPace = (value: unknown): value is Pace =>
  typeof value === "object" &&
  value !== null &&
  FIELDS.every((field) => Number.isFinite((value as Partial<Pace>)[field]));

export const readPace = async (
  ledger: Ledger,
): Promise<{ readonly pace?: Pace; readonly version: number }> => {
  const note: Note | undefined = await ledger.note(PACE_NOTE);
  const version = note?.version ?? 0;
  return isPace(note?.value) ? { pace: note.value, version } : { version };
};

const firstPace = (now: Time): Pace => ({
  since: now,
  lastRefusedAt: now,
  perSecond: FIRST_PER_SECOND,
  refused: 1,
});

/**
 * Notes that EC2 refused a call for its number. Whoever is faster has noted the same.
 *
 * @returns whether it was the first refusal of all: nobody else is known to be held
 */
export const noteRefusal = async (ledger: Ledger, now: Time): Promise<boolean> => {
  const { pace, version } = await readPace(ledger);
  if (pace !== undefined && now - pace.lastRefusedAt < NOTE_EVERY_MILLISECONDS) return false;
  const value: Pace = pace ? { ...pace, lastRefusedAt: now, refused: pace.refused + 1 } : firstPace(now);
  const isNoted = await ledger.commit([{ note: { name: PACE_NOTE, version: version + 1, value } }]);
  return isNoted && pace === undefined;
};

/** Whether a start has to wait in line: EC2 is at its limit and the job was not let go since. */
export const isHeld = (pace: Pace | undefined, wokenAt: Time | undefined): boolean =>
  pace !== undefined && (wokenAt === undefined || wokenAt < pace.since);

const MINUTE = 60_000;
const GROWTH = 1.1;

/** What a minute's refusals say: what was refused is taken off; nothing was, and EC2 may give more. */
const adjusted = ({ perSecond, refused }: Pace): number =>
  refused === 0
    ? Math.min(perSecond * GROWTH, MOST_PER_SECOND)
    : Math.max(perSecond - refused / 60, LEAST_PER_SECOND);

/** The pace from a sweep on, looked over once a minute. Undefined: EC2 refuses nothing, and nobody is held. */
export const nextPace = (pace: Pace, isHolding: boolean, now: Time): Pace | undefined => {
  if (!isHolding && now - pace.lastRefusedAt >= MINUTE) return undefined;
  return { ...pace, perSecond: adjusted(pace), refused: 0 };
};
