import { defined } from "../../../Core/defined";
import type { OrphanInstance, OrphanRecord, Runner, Time } from "../../../Core/model/ledger";
import type { InstanceDeathCode } from "../../../Core/model/reasons";
import { deathIn } from "../ledger/instance-death";
import type { Instance, OurEvent } from "../ports";
import { type Discrepancy, isRecent, lastChange, type Snapshot } from "./snapshot";

/** The job and attempt in the mark of something that the ledger does not know, or knows as gone. */
export interface Mark {
  readonly jobId: number;
  readonly attempt: number;
}

export const adoptedRecord = (runnerId: number, launchedFor: Mark, now: Time): OrphanRecord => ({
  kind: "runner",
  runnerId,
  version: 1,
  state: "STARTING",
  ...launchedFor,
  launchedFor,
  adopted: true,
  times: { STARTING: now },
});

export const foundOrphan = ({ instanceId, jobId, attempt }: Instance, now: Time): OrphanInstance => ({
  kind: "orphan",
  resourceId: instanceId,
  version: 1,
  state: "FOUND",
  ...defined({ launchedFor: jobId === undefined || attempt === undefined ? undefined : { jobId, attempt } }),
  times: { FOUND: now },
});

type Ended = Pick<Extract<OurEvent, { detailType: "RunnerEnded" }>, "runnerId" | "resourceId" | "reason">;

export const ended = (what: Ended): Discrepancy => ({
  kind: "runner-ended",
  event: { detailType: "RunnerEnded", ...what },
});

export const orphanEnded = (resourceId: string, death?: InstanceDeathCode): Discrepancy =>
  ended({ resourceId, reason: death ?? "orphan-adopted" });

const OVER_SINCE_MILLISECONDS = 120_000;

/** Orphans that still exist, or whose end is not stored: their event is put again. */
export const remaining = ({ orphans, instances, now }: Snapshot): Discrepancy[] =>
  orphans
    .filter((orphan) => !isRecent(lastChange(orphan), now))
    .map(({ resourceId }) => {
      const shown = instances?.get(resourceId);
      return orphanEnded(resourceId, shown && deathIn(shown.state));
    });

/** Instances that outlived their runner: launched after its end, or their termination failed. */
export const outliving = (
  found: readonly (Runner | OrphanInstance | undefined)[],
  now: Time,
): Discrepancy[] =>
  found.flatMap((item) => {
    if (item?.state !== "GONE") return [];
    const since = item.times.GONE;
    const isKept = item.kind === "runner" && (item.keptUntil ?? 0) > now;
    if (isKept || isRecent(since, now) || now - (since ?? now) < OVER_SINCE_MILLISECONDS) return [];
    const { resourceId } = item;
    const runnerId = item.kind === "runner" ? item.runnerId : undefined;
    return [ended({ ...defined({ runnerId, resourceId }), reason: "instance-remaining" })];
  });
