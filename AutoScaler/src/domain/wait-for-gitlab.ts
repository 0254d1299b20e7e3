import { type Attempt, advanceAttempt } from "../../../Core/ledger";
import { follow } from "./commit";
import { giveBack } from "./places";
import type { StartOutcome } from "./start-outcome";
import { rememberClass } from "./wait-in-line";
import type { World } from "./world";

type WaitWorld = Pick<World, "ledger" | "clock">;

/**
 * GitLab makes no runner before a time that it named: the claim goes back in line, and its place to whoever needs it.
 * It has used no attempt up. Nobody is let go in its stead: GitLab would ask that job to wait too.
 */
export const waitForGitLab = async (
  { ledger, clock }: WaitWorld,
  claimed: Attempt,
  waitSeconds: number,
): Promise<StartOutcome> => {
  const isStored = await follow(ledger, async () => {
    const found = (await ledger.attempts(claimed.jobId)).find(({ attempt }) => attempt === claimed.attempt);
    const isOurs = found?.state === "CLAIMED" && found.lease?.holder === claimed.lease?.holder;
    if (!isOurs) return { changes: [], result: false };
    const now = clock.now();
    const waiting = advanceAttempt(found, "WAITING", now, {
      waitingFor: "gitlab",
      notBefore: now + waitSeconds * 1_000,
      lease: undefined,
      place: undefined,
    });
    const remember = await rememberClass(ledger, waiting.classKey);
    return { changes: [{ put: waiting }, ...giveBack(found), ...remember], result: true };
  });
  return isStored
    ? { kind: "waiting", waitingFor: "gitlab" }
    : { kind: "nothing", reason: "the job was met or ended meanwhile" };
};
