import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, optionalIdOf, textOf } from "../../../Core/input";

/**
 * What a start or an end made free, so that the oldest job that waits for it may start now. It passes through the
 * workflows to "Start next waiting job".
 */
export type Freed =
  /** A slot in a class, e.g. `EC2#default`. */
  | {
      readonly kind: "slot";
      readonly classKey: string;
      /** The job whose attempt failed with the runner that held the slot: its next attempt is due. */
      readonly failedJobId?: number;
    }
  /** A launch at EC2, whatever the class: it grants so many calls a second. For `two` jobs, or for one. */
  | { readonly kind: "launch"; readonly two?: true };

export const freedLaunch: Freed = { kind: "launch" };
export const freedTwoLaunches: Freed = { kind: "launch", two: true };

/** A slot in the class; undefined where there is none. */
export const freedSlot = (classKey: string | undefined): Extract<Freed, { kind: "slot" }> | undefined =>
  classKey === undefined ? undefined : { kind: "slot", classKey };

/**
 * The input of "Start next waiting job", e.g. `{ "freed": { "kind": "slot", "classKey": "EC2#default" } }`.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseFreed = (input: unknown): Freed => {
  const { kind, classKey, failedJobId, two } = fieldsOf(fieldsOf(input, "The input").freed, "freed");
  if (kind === "launch") return two === true ? freedTwoLaunches : freedLaunch;
  if (kind !== "slot") throw new InvalidInputError("freed.kind must be slot or launch");
  const jobId = optionalIdOf(failedJobId, "freed.failedJobId");
  return { kind, classKey: textOf(classKey, "freed.classKey"), ...defined({ failedJobId: jobId }) };
};
