import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, idOf, textOf } from "../../../Core/input";
import type { Provider } from "../../../Core/model/runner-class";
import type { StartOrder } from "../../../Core/model/runner-order";

/**
 * The order as "Look up runner" made it and the workflow handed it on. Its ids and its provider are checked;
 * the rest is our own function's answer, a task earlier.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseRunnerOrder = (input: unknown, provider: Provider): StartOrder => {
  const order = fieldsOf(input, "The order");
  const runnerClass = fieldsOf(order.runnerClass, "runnerClass");
  idOf(order.jobId, "jobId");
  idOf(order.projectId, "projectId");
  textOf(order.jobName, "jobName");
  idOf(order.queuedAt, "queuedAt");
  if (order.again !== undefined) idOf(order.again, "again");
  if (!Array.isArray(order.tags)) throw new InvalidInputError("tags must be a list");
  if (runnerClass.type !== provider) throw new InvalidInputError(`runnerClass.type must be ${provider}`);
  return input as StartOrder;
};
