import { parseRunnerDescription } from "../../../../Core/configuration";
import { addUp } from "../../../../Core/usage/sums";
import type { UsageCount } from "../../../../Core/usage/usage-reader";
import type { Ec2 } from "../ec2";
import type { Job, SimulatedGitLab } from "../gitlab";
import { DEPLOYMENT } from "../stack";
import type { Table } from "../table";

interface Counted {
  readonly gitLab: SimulatedGitLab;
  readonly ec2: Ec2;
  readonly table: Table;
}

/** It began on a runner of ours. */
const ranOnOurs =
  ({ descriptions }: SimulatedGitLab) =>
  ({ startedAt, runnerId = 0 }: Job): boolean =>
    startedAt !== undefined &&
    parseRunnerDescription(DEPLOYMENT, descriptions.get(runnerId) ?? "") !== undefined;

const sum = (counts: readonly UsageCount[], field: string): number =>
  addUp(counts.map(({ numbers }) => numbers))[field] ?? 0;

/** Jobs in a thousand of which nobody noted which runner had them: their pick-up was lost, and another job's end ended the runner. */
const UNNOTED = 2;

/**
 * I-40: what the ends counted, beside what the simulated GitLab and EC2 know when all is over: each job that ran on a runner of
 * ours once at most, in its project, and each instance once. What the ledger never knew of (orphans) is in no count.
 */
export const wronglyCounted = ({ gitLab, ec2, table }: Counted): readonly string[] => {
  const counts = [...table.usage.counts.values()];
  const jobs = [...gitLab.jobs.values()].filter(ranOnOurs(gitLab));
  const wrong: string[] = [];
  for (const id of new Set(jobs.map(({ projectId }) => projectId))) {
    const of = counts.filter(({ subject }) => subject.projectId === id);
    const ran = jobs.filter(({ projectId }) => projectId === id).length;
    if (sum(of, "jobs") > ran)
      wrong.push(`I-40: ${sum(of, "jobs")} jobs of project ${id} were counted, ${ran} ran`);
  }
  const least = jobs.length * (1 - UNNOTED / 1_000) - 1;
  if (sum(counts, "jobs") < least)
    wrong.push(`I-40: ${sum(counts, "jobs")} of ${jobs.length} jobs were counted`);
  const ofEc2 = counts.filter(({ subject }) => subject.classKey.startsWith("EC2#"));
  const unknown = [...table.orphans.keys()].filter((id) => ec2.instances.has(id));
  const instances = ec2.instances.size - unknown.length;
  if (sum(ofEc2, "runners") !== instances)
    wrong.push(`I-40: ${sum(ofEc2, "runners")} instances were counted, ${instances} were launched`);
  return wrong;
};
