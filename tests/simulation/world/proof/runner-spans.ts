import { parseRunnerDescription } from "../../../../Core/configuration";
import type { Time } from "../../../../Core/model/ledger";
import type { Ec2, SimulatedInstance } from "../ec2";
import type { SimulatedGitLab } from "../gitlab";
import type { Machines } from "../machines";
import { DEPLOYMENT } from "../stack";
import type { RunnerSpan } from "./starts";

interface Seen {
  readonly gitLab: SimulatedGitLab;
  readonly ec2: Ec2;
  readonly machines: Machines;
}

const ALIVE = Number.POSITIVE_INFINITY;

/** Runner records by `<job>-<attempt>`. */
const recordsByAttempt = ({ descriptions }: SimulatedGitLab): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>();
  for (const [runnerId, description] of descriptions) {
    const mark = parseRunnerDescription(DEPLOYMENT, description);
    if (mark === undefined) continue;
    const key = `${mark.jobId}-${mark.attempt}`;
    found.set(key, [...(found.get(key) ?? []), runnerId]);
  }
  return found;
};

const closedAt = (gitLab: SimulatedGitLab, runnerId: number, jobId: number): Time =>
  Math.min(gitLab.closedAt.get(runnerId) ?? ALIVE, gitLab.otherJobAt(runnerId, jobId) ?? ALIVE);

const MARK = /^(\d+)-(\d+)$/;

/** An instance's runner is known when it has taken its row; until then it may be any of its attempt's. */
const instanceSpans = ({ gitLab, ec2, machines }: Seen): readonly RunnerSpan[] => {
  const records = recordsByAttempt(gitLab);
  return [...ec2.instances.values()].flatMap((instance: SimulatedInstance): readonly RunnerSpan[] => {
    const [, job, attempt] = MARK.exec(instance.jobTag) ?? [];
    if (job === undefined) return [];
    const own = machines.byResource.get(instance.id)?.row.runnerId;
    const runnerIds = own === undefined ? (records.get(instance.jobTag) ?? []) : [own];
    return [
      {
        jobId: Number(job),
        attempt: Number(attempt),
        from: instance.launchedAt,
        to: instance.shutDownAt ?? ALIVE,
        closedAt: Math.min(ALIVE, ...runnerIds.map((runnerId) => closedAt(gitLab, runnerId, Number(job)))),
      },
    ];
  });
};

/** An invocation, or a MicroVM whose program got its payload. */
const invocationSpans = ({ gitLab, machines }: Seen): readonly RunnerSpan[] =>
  machines.all.flatMap(({ provider, row: { runnerId }, since, goneAt }) => {
    const mark = parseRunnerDescription(DEPLOYMENT, gitLab.descriptions.get(runnerId) ?? "");
    if (provider === "EC2" || mark === undefined) return [];
    return [{ ...mark, from: since, to: goneAt ?? ALIVE, closedAt: closedAt(gitLab, runnerId, mark.jobId) }];
  });

/** All runners that EC2 and Lambda, its MicroVMs among them, ever ran for our jobs. */
export const runnerSpans = (seen: Seen): readonly RunnerSpan[] => [
  ...instanceSpans(seen),
  ...invocationSpans(seen),
];
