import { parseRunnerDescription } from "../../Core/configuration";
import type { RunnerView } from "../../local/gitlab";
import type { RunnerSpan } from "../../tests/simulation/world/proof/starts";

const ALIVE = Number.POSITIVE_INFINITY;

type Span = { -readonly [Field in keyof RunnerSpan]: RunnerSpan[Field] } & { readonly runnerId: number };

/** Told of one runner as it goes on. */
export interface WatchedRunner {
  /** It was given a job, its own or another. */
  gotJob(jobId: number): void;
  ended(): void;
}

/** GitLab's runner records at a moment. */
type Records = () => readonly Pick<RunnerView, "id" | "description" | "paused">[];

/** Writes down which runners live and when, from the invocations that the Lambda host makes and GitLab's records. */
export class RunnerSpans {
  readonly all: Span[] = [];

  constructor(
    readonly deploymentId: string,
    readonly records: Records,
    readonly now: () => number = Date.now,
  ) {}

  /** Runners of the job that GitLab gives nothing any more are closed, now at the latest. */
  #close(jobId: number, records: ReturnType<Records>): void {
    const able = new Set(records.filter(({ paused }) => !paused).map(({ id }) => id));
    for (const span of this.all)
      if (span.jobId === jobId && !able.has(span.runnerId))
        span.closedAt = Math.min(span.closedAt, this.now());
  }

  /** A runner has taken its row. Undefined: GitLab has no such runner any more, so that it gets no job. */
  began(runnerId: number): WatchedRunner | undefined {
    const records = this.records();
    const description = records.find(({ id }) => id === runnerId)?.description ?? "";
    const mark = parseRunnerDescription(this.deploymentId, description);
    if (mark === undefined) return undefined;
    this.#close(mark.jobId, records);
    const span: Span = { ...mark, runnerId, from: this.now(), to: ALIVE, closedAt: ALIVE };
    this.all.push(span);
    return {
      gotJob: (jobId) => {
        if (jobId !== span.jobId) span.closedAt = Math.min(span.closedAt, this.now());
      },
      ended: () => {
        span.to = this.now();
      },
    };
  }
}
