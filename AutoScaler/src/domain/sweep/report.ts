import type { Discrepancy, Snapshot } from "./look";
import { byPart, type PassFailure } from "./parts";
import type { SweepDependencies } from "./pass";

export type SweepReport =
  | { readonly kind: "skipped" }
  | {
      readonly kind: "swept";
      readonly events: number;
      /** Jobs that no hook told of: the detector of a hook that is switched off (F-1). */
      readonly jobsFound: number;
      /** Parts that failed, each by its code and first error; the rest was done. */
      readonly failures: readonly string[];
    };

const KINDS = ["pending", "running", "ended", "runner-ended"] as const;

const count = (findings: readonly Discrepancy[], kind: Discrepancy["kind"]): number =>
  findings.filter((finding) => finding.kind === kind).length;

const countWaiting = ({ metric }: SweepDependencies, { waiting, now }: Snapshot): void => {
  const since = waiting.map(({ times }) => times.WAITING ?? now);
  const oldest = since.length === 0 ? 0 : Math.max(0, (now - Math.min(...since)) / 1000);
  metric("WaitingJobs", waiting.length);
  metric("OldestWaitingSeconds", oldest);
};

/** A line for each part: a GitLab that is down fails hundreds of them. */
const failureTexts = (failures: readonly PassFailure[]): readonly string[] =>
  [...byPart(failures)].map(([part, [first, ...others]]) => {
    const what = first?.what === undefined ? "" : ` ${first.what}`;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return `${part}${what}: ${first?.error}${more}`;
  });

/** Counts what a sweep saw and did. */
export const reportOf = (
  world: SweepDependencies,
  look: Snapshot,
  put: readonly Discrepancy[],
  failures: readonly PassFailure[],
): SweepReport => {
  const jobsFound = put.filter(({ isNew }) => isNew).length;
  countWaiting(world, look);
  world.metric("JobsSeenBySweep", look.jobs.size);
  world.metric("JobsFoundBySweep", jobsFound);
  world.metric("RunnersOpen", look.runners.length);
  for (const kind of KINDS) {
    if (count(put, kind) > 0) world.metric("EventsBySweep", count(put, kind), { kind });
  }
  for (const [part, each] of byPart(failures)) world.metric("SweepFailures", each.length, { part });
  world.metric("SweepsCompleted", 1);
  return { kind: "swept", events: put.length, jobsFound, failures: failureTexts(failures) };
};
