import { defined } from "../../Core/defined";
import type { JobView } from "../gitlab";
import type { LaptopJob } from "../gitlab/page/laptop-status";

/** A job as the terminal shows it: GitLab's view and the ledger's, as one. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  /** `Lambda`, `EC2`, or empty while unknown. */
  readonly provider: string;
  /** Milliseconds of each step that is over, in the order of the steps. */
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  readonly lastLines: readonly string[];
  readonly reason?: string;
}

const PROVIDERS: Readonly<Record<string, string>> = { LAMBDA: "Lambda", EC2: "EC2" };

type Milestone = readonly [name: string, at: number | undefined];

/** From the job's wait to the end of what carried it: each step ends at a moment that somebody recorded. */
const milestones = (job: JobView, ledger: LaptopJob | undefined): readonly Milestone[] => {
  const at = (name: string): number | undefined => ledger?.steps?.find((step) => step.name === name)?.at;
  return [
    ["", job.queuedAt ?? job.createdAt],
    ["webhook", at("CLAIMED")],
    ["runner made", at("CREATED")],
    ["launched", at("LAUNCHED")],
    ["picked up", job.startedAt],
    [job.startedAt === undefined ? "ended" : "ran", job.finishedAt],
  ];
};

const stepsOf = (all: readonly Milestone[]): { name: string; ms: number }[] => {
  const known = all.filter((moment): moment is readonly [string, number] => moment[1] !== undefined);
  return known
    .slice(1)
    .map(([name, at], index) => ({ name, ms: Math.max(0, at - (known[index]?.[1] ?? at)) }));
};

/** What GitLab says of a failure that is not the script's own, else what the ledger says goes wrong. */
const reasonOf = (job: JobView, ledger: LaptopJob | undefined): string | undefined =>
  (job.failureReason === "script_failure" ? undefined : job.failureReason) ?? ledger?.reason;

/** One row for each job, in the order given. */
export const rowsOf = (jobs: readonly JobView[], ledger: readonly LaptopJob[]): readonly Row[] =>
  jobs.map((job) => {
    const own = ledger.find(({ jobId }) => jobId === job.id);
    const ran = job.runnerId === undefined && job.startedAt === undefined;
    return {
      id: job.id,
      name: job.name,
      status: job.status,
      provider: ran && job.status !== "pending" ? "" : (PROVIDERS[own?.provider ?? ""] ?? ""),
      steps: stepsOf(milestones(job, own)),
      lastLines: job.lastLines,
      ...defined({ reason: reasonOf(job, own) }),
    };
  });

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
