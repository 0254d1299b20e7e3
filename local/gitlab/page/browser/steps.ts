import type { PageJob } from "../page-state";
import { clockTime, duration } from "./time";

interface Step {
  readonly name: string;
  readonly at: number;
}

const ownSteps = (job: PageJob): readonly Step[] => {
  const times: readonly (readonly [string, number | undefined])[] = [
    ["created", job.createdAt],
    ["pending", job.queuedAt],
    ["assigned to a runner", job.assignedAt],
    ["running", job.startedAt],
    [job.status, job.finishedAt],
  ];
  return times.flatMap(([name, at]) => (at === undefined ? [] : [{ name, at }]));
};

/** The steps in order of time: name, duration since the step before, and time of day. */
export const steps = (job: PageJob): readonly (readonly [string, string, string])[] => {
  const all = [...ownSteps(job), ...(job.laptop?.steps ?? [])].sort((one, other) => one.at - other.at);
  return all.map((step, index) => {
    const before = all[index - 1];
    const after = before === undefined ? "" : `+ ${duration(step.at - before.at)}`;
    return [step.name, after, clockTime(step.at)] as const;
  });
};
