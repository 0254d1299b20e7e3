/** https://docs.aws.amazon.com/lambda/latest/microvm-api/API_GetMicrovm.html */
export type MicroVmState = "PENDING" | "RUNNING" | "SUSPENDING" | "SUSPENDED" | "TERMINATING" | "TERMINATED";

/** What RunMicrovm is asked for, checked. */
export interface MicroVmPlan {
  /** The image's full ARN. */
  readonly imageArn: string;
  readonly imageVersion: string;
  readonly maximumDurationInSeconds: number;
  /** At most 4,096 bytes; undefined: the hook `run` gets none. */
  readonly runHookPayload?: string;
  readonly executionRoleArn?: string;
  readonly ingressNetworkConnectors: readonly string[];
  /** Where its output goes. Absent: nowhere. */
  readonly logGroup?: string;
}

/** A MicroVM of the laptop. */
export interface MicroVm extends MicroVmPlan {
  /** E.g. `microvm-0f2d3c1e-…`. */
  readonly microvmId: string;
  readonly endpoint: string;
  readonly memoryMiB: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly terminatedAt?: number;
  readonly stateReason?: string;
  /** Each state with the time from which on it holds; the last one holds now. */
  readonly states: readonly (readonly [state: MicroVmState, since: number])[];
}

export const stateOf = ({ states }: Pick<MicroVm, "states">): MicroVmState => states.at(-1)?.[0] ?? "PENDING";

/** The state that somebody sees who looks with a delay; undefined: not there yet. */
export const stateAt = ({ states }: Pick<MicroVm, "states">, time: number): MicroVmState | undefined =>
  states.findLast(([, since]) => since <= time)?.[0];

/** Whether Lambda charges for it, and counts its memory. */
export const isAlive = (one: Pick<MicroVm, "states">): boolean =>
  !["TERMINATING", "TERMINATED"].includes(stateOf(one));
