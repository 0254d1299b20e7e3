import { defined } from "../../../Core/defined";
import { InvalidInputError } from "../../../Core/errors";
import { fieldsOf, optionalIdOf, textOf } from "../../../Core/input";
import type { LimitedProvider } from "../launch-rate/launch-rate";

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
  /** A launch at a provider, whatever the class: it grants so many calls a second. For `two` jobs, or for one. Absent: at EC2. */
  | { readonly kind: "launch"; readonly two?: true; readonly provider?: "MICROVM" };

const at = (provider: LimitedProvider) => (provider === "EC2" ? {} : { provider });
export const freedLaunch = (provider: LimitedProvider): Freed => ({ kind: "launch", ...at(provider) });
export const freedTwoLaunches = (provider: LimitedProvider): Freed => ({
  kind: "launch",
  two: true,
  ...at(provider),
});

/** A slot in the class; undefined where there is none. */
export const freedSlot = (classKey: string | undefined): Extract<Freed, { kind: "slot" }> | undefined =>
  classKey === undefined ? undefined : { kind: "slot", classKey };

/**
 * The input of "Start next waiting job", e.g. `{ "freed": { "kind": "slot", "classKey": "EC2#default" } }`.
 *
 * @throws InvalidInputError naming the field that is wrong
 */
export const parseFreed = (input: unknown): Freed => {
  const { kind, classKey, failedJobId, two, provider } = fieldsOf(
    fieldsOf(input, "The input").freed,
    "freed",
  );
  const of = provider === "MICROVM" ? provider : "EC2";
  if (kind === "launch") return two === true ? freedTwoLaunches(of) : freedLaunch(of);
  if (kind !== "slot") throw new InvalidInputError("freed.kind must be slot or launch");
  const jobId = optionalIdOf(failedJobId, "freed.failedJobId");
  return { kind, classKey: textOf(classKey, "freed.classKey"), ...defined({ failedJobId: jobId }) };
};
