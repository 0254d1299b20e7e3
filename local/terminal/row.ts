import { defined } from "../../Core/defined";
import { safe } from "../../Core/safe-text";
import type { JobView } from "../gitlab";
import type { LaptopJob } from "../gitlab/page/laptop-status";

/** A job as the terminal shows it, from GitLab and the ledger. All texts are safe to show. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  /** `Lambda`, `EC2` or `MicroVM`; empty while unknown. */
  readonly provider: string;
  /** Duration of each completed step, in order. */
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  readonly lastLines: readonly string[];
  readonly reason?: string;
}

const PROVIDERS: Readonly<Record<string, string>> = { LAMBDA: "Lambda", EC2: "EC2", MICROVM: "MicroVM" };

type Milestone = readonly [name: string, at: number | undefined];

/** The recorded times of a job, from its queueing to its end. Each ends the step that it names. */
const milestones = (job: JobView, ledger: LaptopJob | undefined): readonly Milestone[] => {
  const at = (name: string): number | undefined => ledger?.steps?.find((step) => step.name === name)?.at;
  return [
    ["", job.queuedAt ?? job.createdAt],
    ["webhook", at("CLAIMED")],
    ["runner created", at("CREATED")],
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

/** GitLab's failure reason, unless the script itself failed; otherwise the ledger's reason. */
const reasonOf = (job: JobView, ledger: LaptopJob | undefined): string | undefined =>
  (job.failureReason === "script_failure" ? undefined : job.failureReason) ?? ledger?.reason;

/** One row for each job, in the order given. */
export const rowsOf = (jobs: readonly JobView[], ledger: readonly LaptopJob[]): readonly Row[] =>
  jobs.map((job) => {
    const own = ledger.find(({ jobId }) => jobId === job.id);
    const isUnassigned = job.runnerId === undefined && job.startedAt === undefined;
    const reason = reasonOf(job, own);
    return {
      id: job.id,
      name: safe(job.name),
      status: job.status,
      provider: isUnassigned && job.status !== "pending" ? "" : (PROVIDERS[own?.provider ?? ""] ?? ""),
      steps: stepsOf(milestones(job, own)),
      lastLines: job.lastLines.map(safe),
      ...defined({ reason: reason === undefined ? undefined : safe(reason) }),
    };
  });

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
