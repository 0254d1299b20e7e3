import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, idOf, textOf } from "../../../Core/input";
import type { Carrier } from "../../../Core/runner-class";
import type { RunnerOrder } from "../../../Core/runner-order";

/**
 * The order as "Look up runner" made it and the workflow handed it on. Its ids and its carrier are checked;
 * the rest is our own function's answer, a task earlier.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseRunnerOrder = (input: unknown, carrier: Carrier): RunnerOrder => {
  const order = fieldsOf(input, "The order");
  const runnerClass = fieldsOf(order.runnerClass, "runnerClass");
  idOf(order.jobId, "jobId");
  idOf(order.projectId, "projectId");
  textOf(order.jobName, "jobName");
  idOf(order.queuedAt, "queuedAt");
  if (!Array.isArray(order.tags)) throw new InvalidInputError("tags must be a list");
  if (runnerClass.type !== carrier) throw new InvalidInputError(`runnerClass.type must be ${carrier}`);
  return input as RunnerOrder;
};
