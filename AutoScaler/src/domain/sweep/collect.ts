import type { Attempt } from "../../../../Core/ledger";
import { touch } from "../../../../Core/ledger";
import { endAttempt } from "../close-attempt";
import { commit, follow } from "../commit";
import type { Dependencies } from "../dependencies";
import type { Discrepancy } from "./look";
import type { Part } from "./parts";

type CollectDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

const keyOf = ({ kind, event }: Discrepancy): string =>
  event.detailType === "GitLabJobEvent"
    ? `${kind}#${event.job.id}`
    : `runner#${event.runnerId}#${event.resourceId}`;

/** One event for one thing. */
export const unique = (findings: readonly Discrepancy[]): readonly Discrepancy[] => [
  ...new Map(findings.map((finding) => [keyOf(finding), finding] as const)).values(),
];

const MOST_FAILURES = 3;

/** Noted before its event goes out, so the next sweep knows. False: somebody else has it in hand. */
const markWoken = async ({ ledger, clock }: CollectDependencies, attempt: Attempt): Promise<boolean> =>
  commit(ledger, [{ put: touch(attempt, { wokenAt: clock.now() }) }]);

const AT_ONCE = 20;

const putPortion = async (
  world: CollectDependencies,
  portion: readonly Discrepancy[],
  part: Part,
): Promise<readonly Discrepancy[] | undefined> => {
  const isReady = await Promise.all(
    portion.map(({ wakes }) =>
      wakes ? part("events", false, () => markWoken(world, wakes), wakes.jobId) : true,
    ),
  );
  const ready = portion.filter((_, index) => isReady[index]);
  if (ready.length === 0) return [];
  return part("events", undefined, async () => {
    await world.bus.put(ready.map(({ event }) => event));
    return ready;
  });
};

/**
 * Puts the events of the findings on the bus, in portions: what has gone out when the sweep dies is done, and a portion
 * that fails keeps no other back. A bus that fails three times in a row is left alone until the next sweep.
 */
export const putFindings = async (
  world: CollectDependencies,
  findings: readonly Discrepancy[],
  part: Part,
): Promise<readonly Discrepancy[]> => {
  const put: Discrepancy[] = [];
  let failures = 0;
  for (let start = 0; start < findings.length && failures < MOST_FAILURES; start += AT_ONCE) {
    const done = await putPortion(world, findings.slice(start, start + AT_ONCE), part);
    failures = done === undefined ? failures + 1 : 0;
    put.push(...(done ?? []));
  }
  return put;
};

/** The attempt of a job that GitLab has deleted is closed here: no event could, for there is no job to read. */
export const closeDeleted = ({ ledger, clock }: CollectDependencies, { jobId }: Attempt): Promise<void> =>
  follow(ledger, async () => {
    const attempts = await ledger.attempts(jobId);
    const changes = attempts.flatMap((attempt) => endAttempt(attempt, { status: "deleted" }, clock.now()));
    return { changes, result: undefined };
  });
