import type { WaitCause, Waits } from "./causes";
import { type ClassWaits, greatestFirst, missesOf } from "./day";
import { totalOf } from "./split";

/** What the jobs that missed the queue-time objective waited for first of all. */
export interface FirstMiss {
  /** The day from whose begin on jobs are counted; UTC, `yyyy-mm-dd`. */
  readonly since: string;
  /** Jobs that began. */
  readonly jobs: number;
  /** Of them those that waited longer than the objective allows. */
  readonly missed: number;
  readonly cause: WaitCause;
  /** Of those that missed it the ones that waited most of all for that. */
  readonly ofCause: number;
  /** The class of most of the latter, as `status` and the metrics name it: `EC2#big`. */
  readonly class: string;
}

const most = (classes: readonly ClassWaits[], cause: WaitCause): string => {
  const [first] = [...classes].sort(
    ({ missed: one }, { missed: other }) => (other[cause] ?? 0) - (one[cause] ?? 0),
  );
  return first?.classKey ?? "";
};

/** @returns undefined: no job missed it */
export const firstMiss = (since: string, classes: readonly ClassWaits[]): FirstMiss | undefined => {
  const missed: Waits = missesOf(classes);
  const [first] = greatestFirst(missed);
  if (first === undefined) return undefined;
  const [cause, ofCause] = first;
  const jobs = classes.reduce((sum, each) => sum + each.jobs, 0);
  return { since, jobs, missed: totalOf(missed), cause, ofCause, class: most(classes, cause) };
};
