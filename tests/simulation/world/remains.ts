import type { Attempt } from "../../../Core/model/ledger";
import type { Ec2 } from "./ec2";
import { hasJobEnded, type SimulatedGitLab } from "./gitlab";
import type { Machines } from "./machines";
import type { MicroVmService } from "./microvms";
import { KINDS } from "./stack";
import type { Table } from "./table";

export interface Remaining {
  readonly gitLab: SimulatedGitLab;
  readonly ec2: Ec2;
  readonly microVms: MicroVmService;
  readonly machines: Machines;
  readonly table: Table;
}

/** Open attempts, except spent ones of jobs that still wait: those are closed with their job. */
const openAttempts = (gitLab: SimulatedGitLab, attempts: readonly Attempt[]): string[] => {
  return attempts.flatMap(({ jobId, attempt, state }, index) => {
    const job = gitLab.jobs.get(jobId);
    const isSpent = index < attempts.length - 1 && job !== undefined && !hasJobEnded(job);
    const isDone = state === "ENDED" || state === "FAILED" || isSpent;
    return isDone ? [] : [`the ledger's ${jobId}-${attempt} is ${state}`];
  });
};

/** Everything that is left in GitLab, AWS and our tables, one sentence each. */
export const remains = ({ gitLab, ec2, microVms, machines, table }: Remaining): string[] => {
  const left: string[] = [];
  for (const job of gitLab.jobs.values()) {
    if (!hasJobEnded(job) && job.name !== KINDS.foreign.name) left.push(`job ${job.id} is ${job.status}`);
  }
  for (const record of gitLab.records.keys()) left.push(`record ${record} is there`);
  for (const instance of ec2.instances.values()) {
    if (instance.state !== "terminated") left.push(`${instance.id} is ${instance.state}`);
  }
  for (const vm of microVms.vms.values()) {
    if (vm.state !== "TERMINATED") left.push(`${vm.id} is ${vm.state}`);
  }
  for (const machine of machines.alive) left.push(`${machine.place} is alive`);
  for (const scope of table.counters.keys()) {
    if (table.taken(scope) !== 0) left.push(`${table.taken(scope)} slots of ${scope} are taken`);
  }
  for (const runner of table.runners.values()) {
    const isDone = runner.state === "GONE" && runner.recordDeletedAt !== undefined;
    if (!isDone) left.push(`the ledger's runner ${runner.runnerId} is ${runner.state}`);
  }
  for (const orphan of table.orphans.values()) {
    if (orphan.state !== "GONE") left.push(`the ledger's orphan ${orphan.resourceId} is ${orphan.state}`);
  }
  for (const attempts of table.attempts.values()) left.push(...openAttempts(gitLab, attempts));
  return left;
};
