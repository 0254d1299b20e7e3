import type { BusEntry } from "../../../Core/events/bus-entry";
import type { AttemptFailureCode, StartSkipCode, WaitingFor } from "../../../Core/model/reasons";
import type { RunnerLookup } from "../../../Core/model/runner-order";
import type { Freed } from "./freed";

/** What a start came to. `events` are for others: the workflow puts them on the bus. */
export type StartOutcome =
  | {
      readonly kind: "launched";
      readonly runnerId: number;
      readonly resourceId: string;
      readonly freed?: Freed;
      readonly events?: readonly BusEntry[];
    }
  /** `launch`: its runner is stored, and its launch is repeated later. */
  | { readonly kind: "waiting"; readonly waitingFor: WaitingFor | "launch"; readonly freed?: Freed }
  /** Another provider's start goes on: the job's own has no MicroVM to give. */
  | {
      readonly kind: "elsewhere";
      readonly lookup: Extract<RunnerLookup, { kind: "start" }>;
      readonly freed?: Freed;
    }
  | { readonly kind: "nothing"; readonly reason: StartSkipCode; readonly freed?: Freed }
  | {
      readonly kind: "failed";
      readonly reason: AttemptFailureCode;
      /** What GitLab or AWS said, for people. */
      readonly detail?: string;
      readonly freed?: Freed;
      readonly events?: readonly BusEntry[];
    };
