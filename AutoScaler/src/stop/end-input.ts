import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, idOf, optionalIdOf, textOf } from "../../../Core/input";
import { codeOf, RUNNER_END_CODES, type RunnerEndCode } from "../../../Core/model/reasons";
import type { EndOrder, JobFacts } from "./end-order";

const optionalJob = (value: unknown, what: string): JobFacts | undefined => {
  if (value === undefined) return undefined;
  const job = fieldsOf(value, what);
  const startedAt = optionalIdOf(job.startedAt, `${what}.startedAt`);
  const runnerId = optionalIdOf(job.runnerId, `${what}.runnerId`);
  const failureReason = typeof job.failureReason === "string" ? job.failureReason : undefined;
  const queuedSeconds = typeof job.queuedSeconds === "number" ? job.queuedSeconds : undefined;
  const runnerSeenAt = optionalIdOf(job.runnerSeenAt, `${what}.runnerSeenAt`);
  const runnerSystemId = typeof job.runnerSystemId === "string" ? job.runnerSystemId : undefined;
  return {
    id: idOf(job.id, `${what}.id`),
    projectId: idOf(job.projectId, `${what}.projectId`),
    status: textOf(job.status, `${what}.status`),
    ...defined({ queuedSeconds, startedAt, runnerId, runnerSeenAt, runnerSystemId, failureReason }),
  };
};

const endCodeOf = (value: unknown): RunnerEndCode => {
  const code = codeOf(RUNNER_END_CODES, value);
  if (code === undefined) throw new InvalidInputError(`reason must be one of ${RUNNER_END_CODES.join(", ")}`);
  return code;
};

/**
 * Parses one end order of the workflow's Map state.
 *
 * @throws InvalidInputError naming the wrong field
 */
export const parseEndOrder = (input: unknown): EndOrder => {
  const order = fieldsOf(input, "The order");
  const runnerId = optionalIdOf(order.runnerId, "runnerId");
  const orphanId = order.orphanId === undefined ? undefined : textOf(order.orphanId, "orphanId");
  const endedJob = optionalJob(order.endedJob, "endedJob");
  const ownJob = optionalJob(order.ownJob, "ownJob");
  return {
    ...defined({ runnerId, orphanId }),
    reason: endCodeOf(order.reason),
    isDead: order.isDead === true,
    ...defined({ endedJob, ownJob }),
  };
};

/** The fields of an end that "Terminate instance" needs. It reads the rest from the ledger. */
export type InstanceEnd =
  | { readonly runnerId: number; readonly recordDeleted: boolean }
  /** An instance that belongs to no runner in the ledger. */
  | { readonly orphanId: string };

/** @throws InvalidInputError naming the wrong field */
export const parseEndResult = (input: unknown): InstanceEnd => {
  const { runnerId, resourceId, recordDeleted } = fieldsOf(input, "The end");
  return runnerId === undefined
    ? { orphanId: textOf(resourceId, "resourceId") }
    : { runnerId: idOf(runnerId, "runnerId"), recordDeleted: recordDeleted === true };
};
