import type { ConditionContext } from "../../iam";
import type { Deployed } from "../deployed";

/** One right that a call needs. */
export interface Need {
  /** e.g. `dynamodb:GetItem` */
  readonly action: string;
  /** An ARN; `*` for an action that knows no resource. */
  readonly resource: string;
  /** What the call itself carries, beside what is known of who calls and of the resource. */
  readonly context?: ConditionContext;
  /** Whoever has credentials may do it. */
  readonly isFree?: true;
}

/** Where the calls go, and what is there. */
export interface Place {
  readonly region: string;
  readonly account: string;
  readonly deployed: Deployed;
}

/** The rights that one operation needs, from its input. */
export type NeedsOf<Input> = (input: Input, place: Place) => readonly Need[] | Promise<readonly Need[]>;

/** Operations by their name. */
export type Operations<Input> = Readonly<Record<string, NeedsOf<Input>>>;

/** A call from which it cannot be told what it would do. It is refused. */
export class UnclearCallError extends Error {
  override readonly name = "UnclearCallError";
}

/** An ARN in the place's region and account. */
export const arnAt = ({ region, account }: Place, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
