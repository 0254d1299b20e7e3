import type { Provider } from "../../Core/model/runner-class";
import { readMapping } from "../../Core/routing/mapping-reading";
import type { MappingJobRow } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import { type RoutingSettings, route } from "../../Core/routing/routing";

/** A job that the mapping leads to a provider. */
export interface SampleJob {
  readonly provider: Provider;
  /** Of its row; jobs are told apart by a suffix that look-up takes away. */
  readonly name: string;
  readonly tags: readonly string[];
}

const UNNAMED = "gitlab-runners-verify";

/** The rows of a partition key, as look-up reads them. */
type RowReader = Parameters<typeof route>[1];

type Candidate = Omit<SampleJob, "provider">;

const candidateOf = (job: MappingJobRow, projectId: number): readonly Candidate[] =>
  (job.projectId !== undefined && job.projectId !== projectId) || job.tags === undefined
    ? []
    : [{ name: job.name ?? UNNAMED, tags: job.tags }];

/** `unit tests` → `unit tests: [cancel]`, as GitLab names the jobs of a matrix: their row is that of `unit tests`. */
export const jobName = ({ name }: Pick<SampleJob, "name">, purpose: string): string =>
  `${name}: [${purpose}]`;

/**
 * For each provider that the project's jobs may get, one that the mapping leads there: the rows are tried in turn, by the
 * rules of look-up themselves.
 */
export const sampleJobs = async (
  rows: readonly StoredRow[],
  read: RowReader,
  settings: RoutingSettings,
  projectId: number,
): Promise<ReadonlyMap<Provider, SampleJob>> => {
  const candidates: readonly Candidate[] = [
    ...readMapping(rows).jobs.flatMap(({ job }) => candidateOf(job, projectId)),
    { name: UNNAMED, tags: [] },
  ];
  const found = new Map<Provider, SampleJob>();
  for (const candidate of candidates) {
    const job = { ...candidate, name: jobName(candidate, "verify"), projectId, verified: true };
    const decided = await route(job, read, settings);
    if (decided.kind !== "route" || decided.runnerClass.protectedRefsOnly) continue;
    const { provider } = decided;
    if (!found.has(provider)) found.set(provider, { ...candidate, provider });
  }
  return found;
};
