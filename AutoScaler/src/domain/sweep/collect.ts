import type { Attempt } from "../../../../Core/ledger";
import { touch } from "../../../../Core/ledger";
import { endAttempt } from "../close-attempt";
import { commit, follow } from "../commit";
import type { Dependencies } from "../dependencies";
import type { Discrepancy } from "./look";

type CollectDependencies = Pick<Dependencies, "ledger" | "bus" | "clock">;

const keyOf = ({ kind, event }: Discrepancy): string =>
  event.detailType === "GitLabJobEvent"
    ? `${kind}#${event.job.id}`
    : `runner#${event.runnerId}#${event.resourceId}`;

/** One event for one thing. */
export const unique = (findings: readonly Discrepancy[]): readonly Discrepancy[] => [
  ...new Map(findings.map((finding) => [keyOf(finding), finding] as const)).values(),
];

/** Noted before its event goes out, so the next sweep knows. False: somebody else has it in hand. */
const markWoken = async ({ ledger, clock }: CollectDependencies, attempt: Attempt): Promise<boolean> =>
  commit(ledger, [{ put: touch(attempt, { wokenAt: clock.now() }) }]);

const AT_ONCE = 20;

/** Puts the events of the findings on the bus, in portions: what has gone out when the sweep dies is done. */
export const putFindings = async (
  world: CollectDependencies,
  findings: readonly Discrepancy[],
): Promise<readonly Discrepancy[]> => {
  const put: Discrepancy[] = [];
  for (let start = 0; start < findings.length; start += AT_ONCE) {
    const portion = findings.slice(start, start + AT_ONCE);
    const isReady = await Promise.all(portion.map(({ wakes }) => (wakes ? markWoken(world, wakes) : true)));
    const ready = portion.filter((_, index) => isReady[index]);
    if (ready.length > 0) await world.bus.put(ready.map(({ event }) => event));
    put.push(...ready);
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
