import { advanceAttempt, isOrdered, type OrderedAttempt, type Time } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { closeUnstarted } from "../ledger/close-attempt";
import { retryOnConflict } from "../ledger/commit";
import { releaseSlot } from "../limits/slots";
import { LAUNCH_TIMEOUT_SECONDS } from "../timing";
import { queuedMarks } from "../waits/claim-marks";
import { joinQueue } from "./rotation";
import type { StartOutcome } from "./start-outcome";

type WaitDependencies = Pick<Dependencies, "ledger" | "gitLab" | "clock" | "metric">;

const TIMEOUT_MILLISECONDS = LAUNCH_TIMEOUT_SECONDS * 1_000;

/** As GitLab says; if that has lasted for longer already, as long again, but not beyond our own timeout (I-25). */
const waitMilliseconds = (askedSeconds: number, since: Time, now: Time): number => {
  const lasted = Math.max(0, now - since);
  return Math.max(askedSeconds * 1_000, Math.min(lasted, TIMEOUT_MILLISECONDS - lasted));
};

const throttled = (claimed: OrderedAttempt, askedSeconds: number, now: Time): OrderedAttempt => {
  const { throttledSince = now, times } = claimed;
  const waiting = advanceAttempt(claimed, "WAITING", now, {
    waitingFor: "gitlab",
    throttledSince,
    marks: queuedMarks(claimed.marks, "gitlab", now),
    notBefore: now + waitMilliseconds(askedSeconds, throttledSince, now),
    lease: undefined,
    slot: undefined,
  });
  // It has waited since it first did, for whatever that was.
  return { ...waiting, times: { ...waiting.times, WAITING: times.WAITING ?? now } };
};

const goBackToQueue = async (
  { ledger, clock }: WaitDependencies,
  claimed: OrderedAttempt,
  askedSeconds: number,
): Promise<StartOutcome> => {
  const isStored = await retryOnConflict(ledger, async () => {
    const found = (await ledger.attempts(claimed.jobId)).find(({ attempt }) => attempt === claimed.attempt);
    const isOurs = found?.state === "CLAIMED" && found.lease?.holder === claimed.lease?.holder;
    if (!isOurs || !isOrdered(found)) return { changes: [], result: false };
    const waiting = throttled(found, askedSeconds, clock.now());
    await joinQueue({ ledger, clock }, waiting);
    return { changes: [{ put: waiting }, ...releaseSlot(found)], result: true };
  });
  return isStored ? { kind: "waiting", waitingFor: "gitlab" } : { kind: "nothing", reason: "met-meanwhile" };
};

/**
 * GitLab makes no runner before a time that it named: the claim goes back to the queue and releases its slot. It has
 * used no attempt up. No other job is dispatched instead: GitLab would ask that one to wait too. After two hours of that
 * the job is given up and reported, as after two hours without capacity.
 */
export const waitForGitLab = async (
  dependencies: WaitDependencies,
  claimed: OrderedAttempt,
  askedSeconds: number,
): Promise<StartOutcome> => {
  const { throttledSince } = claimed;
  const isOver =
    throttledSince !== undefined && dependencies.clock.now() - throttledSince >= TIMEOUT_MILLISECONDS;
  if (!isOver) return goBackToQueue(dependencies, claimed, askedSeconds);
  return closeUnstarted(dependencies, claimed, { reason: "gitlab-throttled", isLast: true });
};
