import { JOB_TAG, parseRunnerDescription } from "../../Core/configuration";
import type { Instance } from "../../local/ec2";
import type { JobView, RunnerChange } from "../../local/gitlab";
import type { FinishedCall, StartedCall } from "../../local/lambda-host";
import type { RunnerSpan } from "../../tests/simulation/world/proof/starts";

const ALIVE = Number.POSITIVE_INFINITY;

interface SeenRecord {
  readonly id: number;
  readonly mark: ReturnType<typeof parseRunnerDescription>;
  /** From then on GitLab gives it no job. */
  readonly closedAt: number;
}

/** GitLab's runner records, deleted ones included: GitLab forgets them with all that it knew. */
export class RunnerRecords {
  readonly #seen = new Map<number, SeenRecord>();

  constructor(
    readonly deploymentId: string,
    readonly now: () => number = Date.now,
  ) {}

  /** A record was created, changed or deleted. */
  changed({ id, description, isOpen }: RunnerChange): void {
    const before = this.#seen.get(id);
    this.#seen.set(id, {
      id,
      mark: before?.mark ?? parseRunnerDescription(this.deploymentId, description),
      closedAt: Math.min(before?.closedAt ?? ALIVE, isOpen ? ALIVE : this.now()),
    });
  }

  get(id: number): SeenRecord | undefined {
    return this.#seen.get(id);
  }

  ofAttempt(jobId: number, attempt: number): readonly SeenRecord[] {
    return [...this.#seen.values()].filter(({ mark }) => mark?.jobId === jobId && mark.attempt === attempt);
  }
}

/** What GitLab, Lambda and EC2 tell of runners. */
export interface SeenRunners {
  readonly records: RunnerRecords;
  readonly jobs: readonly Pick<JobView, "id" | "runnerId" | "assignedAt">[];
  /** Those that have not ended included, once each has had the time to take its row. */
  readonly calls: readonly (StartedCall & Partial<FinishedCall>)[];
  readonly instances: readonly Pick<Instance, "tags" | "launchedAt" | "shutDownAt">[];
}

/** When a runner can serve that job no more: its record was closed, or another job took it. */
const closedAt = ({ id, closedAt: at }: SeenRecord, jobId: number, jobs: SeenRunners["jobs"]): number => {
  const others = jobs.filter(({ id: other, runnerId }) => runnerId === id && other !== jobId);
  return Math.min(at, ...others.map(({ assignedAt = ALIVE }) => assignedAt));
};

const isNoRow = ({ outcome }: Partial<FinishedCall>): boolean =>
  outcome !== undefined &&
  "result" in outcome &&
  (outcome.result as { kind?: string } | null)?.kind === "no-row";

/** Calls of runner functions that took their row. */
const runnerCalls = ({ calls }: Pick<SeenRunners, "calls">): SeenRunners["calls"] =>
  calls.filter((call) => call.functionId === "RunnerFunction" && !isNoRow(call));

const runnerIdOf = ({ event }: StartedCall): number => (event as { runnerId: number }).runnerId;

const invocationSpans = ({ calls, records, jobs }: SeenRunners): readonly RunnerSpan[] =>
  runnerCalls({ calls }).flatMap((call) => {
    const record = records.get(runnerIdOf(call));
    if (record?.mark === undefined) return [];
    const { mark } = record;
    return [
      {
        ...mark,
        from: call.startedAt,
        to: call.endedAt ?? ALIVE,
        closedAt: closedAt(record, mark.jobId, jobs),
      },
    ];
  });

const markOf = ({ tags }: SeenRunners["instances"][number]) => {
  const [, job, attempt] = /^(\d+)-(\d+)$/.exec(tags[JOB_TAG] ?? "") ?? [];
  return job === undefined ? undefined : { jobId: Number(job), attempt: Number(attempt) };
};

/** An instance's runner is any of its attempt's: EC2 does not know which row it took. */
const instanceSpans = ({ instances, records, jobs }: SeenRunners): readonly RunnerSpan[] =>
  instances.flatMap((instance) => {
    const mark = markOf(instance);
    if (mark === undefined) return [];
    const { launchedAt, shutDownAt = ALIVE } = instance;
    const closed = records
      .ofAttempt(mark.jobId, mark.attempt)
      .map((record) => closedAt(record, mark.jobId, jobs));
    return [{ ...mark, from: launchedAt, to: shutDownAt, closedAt: Math.min(ALIVE, ...closed) }];
  });

/** All runners of our jobs, as Lambda and EC2 ran them. */
export const runnerSpans = (seen: SeenRunners): readonly RunnerSpan[] => [
  ...instanceSpans(seen),
  ...invocationSpans(seen),
];

/** How many of these jobs ran on each provider: GitLab knows on which runner, and Lambda and EC2 which runners they had. */
export const jobsByProvider = (
  { records, jobs, calls, instances }: SeenRunners,
  ids: ReadonlySet<number>,
): Readonly<Record<"LAMBDA" | "EC2", number>> => {
  const onLambda = new Set(runnerCalls({ calls }).map(runnerIdOf));
  const marks = instances.flatMap((instance) => markOf(instance) ?? []);
  const onEc2 = new Set(
    marks.flatMap(({ jobId, attempt }) => records.ofAttempt(jobId, attempt).map(({ id }) => id)),
  );
  const ran = jobs.flatMap(({ id, runnerId }) => (ids.has(id) && runnerId) || []);
  const countOn = (runners: ReadonlySet<number>) => ran.filter((runnerId) => runners.has(runnerId)).length;
  return { LAMBDA: countOn(onLambda), EC2: countOn(onEc2) };
};
