import type { ConditionEntry } from "./condition-block";
import type { Pattern } from "./pattern";
import type { PrincipalEntry } from "./principal-element";

/** `Action` or `NotAction`, `Resource` or `NotResource`, `Principal` or `NotPrincipal`. */
export interface Element<Entry> {
  /** The `Not…` form: everything but what is listed. */
  readonly isNegated: boolean;
  readonly entries: readonly Entry[];
}

export interface Statement {
  /** Its `Sid`; `#<index>` without one. */
  readonly id: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: Element<Pattern>;
  /** Absent in a role's trust policy, where the role itself is meant. */
  readonly resources?: Element<Pattern>;
  /** Only in policies of resources. */
  readonly principals?: Element<PrincipalEntry>;
  readonly conditions: readonly ConditionEntry[];
}

/** A policy, read and checked. */
export interface Policy {
  /** For messages, e.g. `StartEc2RunnerRole/launch`. */
  readonly name: string;
  readonly statements: readonly Statement[];
}
