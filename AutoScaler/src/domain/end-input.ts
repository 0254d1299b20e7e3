import { fieldsOf, idOf, optionalIdOf, textOf } from "../../../Core/input";
import type { EndOrder, JobFacts } from "./end-order";

const optionalJob = (value: unknown, what: string): JobFacts | undefined => {
  if (value === undefined) return undefined;
  const job = fieldsOf(value, what);
  const startedAt = optionalIdOf(job.startedAt, `${what}.startedAt`);
  const runnerId = optionalIdOf(job.runnerId, `${what}.runnerId`);
  return {
    id: idOf(job.id, `${what}.id`),
    projectId: idOf(job.projectId, `${what}.projectId`),
    status: textOf(job.status, `${what}.status`),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(runnerId === undefined ? {} : { runnerId }),
  };
};

/**
 * An order as the workflow's Map hands it on.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseEndOrder = (input: unknown): EndOrder => {
  const order = fieldsOf(input, "The order");
  const runnerId = optionalIdOf(order.runnerId, "runnerId");
  const endedJob = optionalJob(order.endedJob, "endedJob");
  const ownJob = optionalJob(order.ownJob, "ownJob");
  return {
    ...(runnerId === undefined ? {} : { runnerId }),
    reason: textOf(order.reason, "reason"),
    isDead: order.isDead === true,
    ...(endedJob ? { endedJob } : {}),
    ...(ownJob ? { ownJob } : {}),
  };
};

/** What "Terminate instance" needs of an end: the ledger knows the rest. */
export const parseEndResult = (
  input: unknown,
): { readonly runnerId: number; readonly recordDeleted: boolean } => {
  const result = fieldsOf(input, "The end");
  return { runnerId: idOf(result.runnerId, "runnerId"), recordDeleted: result.recordDeleted === true };
};

/** The class in which a place became free, e.g. `{ "classKey": "EC2#default" }`; `"EC2"` for a turn there (see turns.ts). */
export const parseClassKey = (input: unknown): string =>
  textOf(fieldsOf(input, "The input").classKey, "classKey");
