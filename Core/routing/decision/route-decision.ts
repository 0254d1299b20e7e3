import { defined } from "../../defined";
import type { Provider, RunnerClass } from "../../model/runner-class";
import type { FallbackRunner, Limits, QueueTimeObjective } from "../../model/runner-order";
import type { SpotBreaker } from "../../model/spot-pool";
import { type MappingJobRow, rowName } from "../mapping-row";
import type { StoredRow } from "../mapping-state";
import type { RoutingSettings } from "../routing-settings";
import type { RoutedJob } from "../row-search";

/** Why a decision came out as it did: a stable code, the row that decided, and a sentence for people. */
export interface RouteReason {
  readonly code:
    | "project-row"
    | "name-row"
    | "parallel-row"
    | "tags-row"
    | "job-tags"
    | "default-runner"
    | "unmapped-ignored"
    | "no-default-runner"
    | "ambiguous"
    | "bad-row"
    | "project-not-allowed"
    | "bad-tags"
    | "beyond-bounds";
  readonly sentence: string;
  readonly row?: { readonly pk: string; readonly sk: string };
}

export type RouteDecision =
  | {
      readonly kind: "route";
      readonly provider: Provider;
      readonly runnerClass: RunnerClass;
      /** LAMBDA only. */
      readonly functionArn?: string;
      /** MICROVM: what the job gets where no MicroVM is to be had. */
      readonly fallback?: FallbackRunner;
      /** The runner's tags: the job's own, or in payload mode the row's. A set, sorted. */
      readonly tags: readonly string[];
      readonly limits: Limits;
      /** EC2 and MICROVM, which may fall back to it, where the settings say something of it. */
      readonly spotBreaker?: SpotBreaker;
      readonly objective?: QueueTimeObjective;
      readonly why: RouteReason;
    }
  /** Not ours. */
  | { readonly kind: "nothing"; readonly why: RouteReason }
  /** An operator must act: to be shown and alarmed, never to be met by another runner (I-27). */
  | { readonly kind: "failed"; readonly why: RouteReason };

export const failed = (
  code: RouteReason["code"],
  sentence: string,
  row?: StoredRow | MappingJobRow,
): RouteDecision => ({
  kind: "failed",
  why: { code, sentence, ...(row ? { row: { pk: row.pk, sk: row.sk } } : {}) },
});

export const failedRow = (row: StoredRow | MappingJobRow, problem: string): RouteDecision =>
  failed("bad-row", `The mapping's row ${rowName(row)} ${problem}.`, row);

/** What the settings say to each order: how long a job may wait, and to those that EC2 may meet, when spot pools are left alone. */
export const choicesOf = (
  type: Provider,
  { spotBreaker, queueTimeObjective: objective }: RoutingSettings,
) => ({
  ...defined({ objective }),
  ...(type === "LAMBDA" ? {} : defined({ spotBreaker })),
});

/** Undefined: the class is for the job's project too. `whose` begins the sentence. */
export const notAllowed = (job: RoutedJob, whose: string, runnerClass: RunnerClass, row?: MappingJobRow) =>
  runnerClass.projects && !runnerClass.projects.includes(job.projectId)
    ? failed(
        "project-not-allowed",
        `${whose} the class ${JSON.stringify(runnerClass.name)}, which project ${job.projectId} may not use: add the project to the class's "projects", or ${row ? "map the job to" : "ask for"} another class.`,
        row,
      )
    : undefined;
