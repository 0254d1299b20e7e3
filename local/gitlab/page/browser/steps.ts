import type { PageJob } from "../page-state";
import { clockTime, duration } from "./time";

interface Step {
  readonly name: string;
  readonly at: number;
}

const ownSteps = (job: PageJob): readonly Step[] => [
  { name: "created", at: job.createdAt },
  ...(job.queuedAt === undefined ? [] : [{ name: "pending", at: job.queuedAt }]),
  ...(job.assignedAt === undefined ? [] : [{ name: "assigned to a runner", at: job.assignedAt }]),
  ...(job.startedAt === undefined ? [] : [{ name: "running", at: job.startedAt }]),
  ...(job.finishedAt === undefined ? [] : [{ name: job.status, at: job.finishedAt }]),
];

/** The steps in order of time: name, duration since the step before, and time of day. */
export const steps = (job: PageJob): readonly (readonly [string, string, string])[] => {
  const all = [...ownSteps(job), ...(job.laptop?.steps ?? [])].sort((one, other) => one.at - other.at);
  return all.map((step, index) => {
    const before = all[index - 1];
    const after = before === undefined ? "" : `+ ${duration(step.at - before.at)}`;
    return [step.name, after, clockTime(step.at)] as const;
  });
};
