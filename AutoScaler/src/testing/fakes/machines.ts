import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { GitLabJob } from "../../ports";
import type { TestSystem } from "./test-system";

type Machine = { readonly resourceId: string; readonly runnerId: number; jobId?: number; isOver: boolean };

const MINUTE = 60_000;

/**
 * The runner processes of what was launched: each takes its row, asks GitLab for a job, runs it and ends. GitLab gives
 * any matching pending job to a runner that asks, and none to a runner that is paused or deleted.
 */
export const machines = (system: TestSystem) => {
  const { clock, rows, gitLab, instances, ec2, lambda, ledger } = system;
  const started = new Map<string, Machine>();
  /** Jobs that were killed with their machine or record: there must be none (I-3). */
  const killed: number[] = [];

  const isAlive = (id: string): boolean =>
    !id.startsWith("i-") || instances.instances.get(id)?.state === "running";
  const launchedIds = (): string[] => [...ec2.launched.values(), ...lambda.launched.values()];

  const rowOf = (id: string): BootstrapRow | undefined => {
    if (id.startsWith("i-")) return rows.take(`AROARUNNER:${id}`);
    const runner = [...ledger.items.values()].find(
      (item) => item.kind === "runner" && `lambda:${item.runnerId}` === id,
    );
    return runner?.kind === "runner" && !runner.adopted ? rows.take(runner.nonce) : undefined;
  };

  const boot = (): void => {
    for (const id of launchedIds().filter((one) => !started.has(one) && isAlive(one))) {
      const row = rowOf(id);
      if (row !== undefined) started.set(id, { resourceId: id, runnerId: row.runnerId, isOver: false });
    }
  };

  const fits = (job: GitLabJob, runnerId: number): boolean => {
    const made = gitLab.created.find(({ id }) => id === runnerId);
    if (made === undefined || made.projectId !== job.projectId) return false;
    const isProtected = gitLab.protectedRefs.has(`${job.projectId} ${job.ref}`);
    if (made.accessLevel === "ref_protected" && !isProtected) return false;
    return job.tags.length === 0 ? made.tags.length === 0 : job.tags.every((tag) => made.tags.includes(tag));
  };

  const ask = (machine: Machine, prefer: (jobs: GitLabJob[]) => GitLabJob | undefined): void => {
    const record = gitLab.runnersById.get(machine.runnerId);
    if (machine.isOver || machine.jobId !== undefined || record === undefined || record.paused) return;
    const jobs = [...gitLab.jobsById.values()].filter(
      (job) => job.status === "pending" && job.runnerId === undefined && fits(job, machine.runnerId),
    );
    const job = prefer(jobs);
    if (job === undefined) return;
    machine.jobId = job.id;
    gitLab.change(job.id, { status: "running", runnerId: machine.runnerId, startedAt: clock.now() });
  };

  const leave = (machine: Machine): void => {
    machine.isOver = true;
    instances.setState(machine.resourceId, "terminated");
  };

  /** Ends running jobs and idle machines whose time is over, and finds jobs whose machine or record is gone. */
  const settle = (finish: boolean): void => {
    for (const machine of started.values()) {
      const job = machine.jobId === undefined ? undefined : gitLab.jobsById.get(machine.jobId);
      if (machine.isOver || job?.status !== "running") {
        if (!machine.isOver && job !== undefined) leave(machine);
        continue;
      }
      if (!isAlive(machine.resourceId) || gitLab.deleted.includes(machine.runnerId)) killed.push(job.id);
      if (!finish) continue;
      gitLab.change(job.id, { status: "success", finishedAt: clock.now() });
      leave(machine);
    }
  };

  const giveUpWaiting = (): void => {
    for (const machine of started.values()) {
      const launchedAt = instances.instances.get(machine.resourceId)?.launchedAt ?? 0;
      if (machine.jobId === undefined && clock.now() - launchedAt > 5 * MINUTE) leave(machine);
    }
  };

  return {
    started,
    killed,
    boot,
    leave,
    /** Every idle machine asks once; `prefer` is GitLab's choice. */
    takeJobs: (prefer: (jobs: GitLabJob[]) => GitLabJob | undefined = (jobs) => jobs[0]): void => {
      for (const machine of started.values()) ask(machine, prefer);
    },
    settle,
    giveUpWaiting,
  };
};
