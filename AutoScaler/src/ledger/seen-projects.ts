import type { Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import type { Ledger } from "../ports";

/**
 * Projects with a recent job event. A job that starts and ends between two passes leaves no open item.
 * Without this record its project stays unknown until the memberships are read again, and lost webhooks go
 * unnoticed.
 */
export type SeenProjects = ReadonlyMap<number, Time>;

/** Several small records, so that a burst over several projects does not contend for one. */
const SHARDS = 16;
/** A project is stored again after this time. By then the reconciler has read the record many times. */
const STORED_EVERY_MILLISECONDS = 10 * 60_000;
const KEPT_MILLISECONDS = 60 * 60_000;
const TRIES = 3;

/** In the index one read gets all of them, which each pass needs. */
const LIST = "seen-projects";

const recordName = (shard: number): string => `projects-${String(shard).padStart(2, "0")}`;

const timesOf = (value: unknown): readonly (readonly [string, Time])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).filter((entry): entry is [string, Time] => typeof entry[1] === "number")
    : [];

/** True if the time is less than a span before or after now: other machines' clocks may be ahead (I-33). */
const isWithin = (time: Time | undefined, span: number, now: Time): boolean =>
  time !== undefined && now - time < span && time - now < span;

/** Returns false if another execution changed the record first. */
const storeOnce = async ({ ledger, clock }: SeenDependencies, projectId: number): Promise<boolean> => {
  const name = recordName(projectId % SHARDS);
  const record = await ledger.stateRecord(name);
  const now = clock.now();
  const known = timesOf(record?.value);
  const storedAt = known.find(([id]) => id === String(projectId))?.[1];
  if (isWithin(storedAt, STORED_EVERY_MILLISECONDS, now)) return true;
  const kept = known.filter(([, time]) => isWithin(time, KEPT_MILLISECONDS, now));
  const value = { ...Object.fromEntries(kept), [projectId]: now };
  const ttl = Math.ceil((now + KEPT_MILLISECONDS) / 1_000);
  return ledger.commit([
    { stateRecord: { name, version: (record?.version ?? 0) + 1, value, list: LIST, ttl } },
  ]);
};

export interface SeenDependencies extends Pick<Dependencies, "clock"> {
  readonly ledger: Pick<Ledger, "stateRecord" | "commit" | "listed">;
}

/**
 * Stores that a job of the project was seen, at most once in ten minutes. A failure does not affect the job.
 *
 * @param projectId confirmed by GitLab; a payload can be forged by anyone who knows the webhook's secret
 */
export const rememberProject = async (dependencies: SeenDependencies, projectId: number): Promise<void> => {
  try {
    for (let round = 0; round < TRIES; round += 1) if (await storeOnce(dependencies, projectId)) return;
  } catch {
    // The reconciler still finds the project through its open items and the memberships.
  }
};

/** All projects with a job seen within the last hour. One that was stored a moment ago may be missing: the next pass has it. */
export const readSeenProjects = async ({ ledger, clock }: SeenDependencies): Promise<SeenProjects> => {
  const times = (await ledger.listed(LIST)).flatMap(({ value }) => timesOf(value));
  const lately = times.filter(([, time]) => isWithin(time, KEPT_MILLISECONDS, clock.now()));
  return new Map(lately.map(([id, time]) => [Number(id), time]));
};
