import type { Stack } from "../engine/build";
import type { Granted } from "../gateway";
import type { StandInOptions } from "../gitlab";
import type { FinishedCall } from "../lambda-host";
import type { AccountLimits } from "../limits/account-limits";
import type { RefusedCall } from "./aws";

/** Access to a real GitLab. */
export interface RealGitLab {
  readonly url: string;
  readonly accessToken: string;
}

export interface LaptopOptions {
  /** The limits that AWS is held to; absent: none. */
  readonly limits?: AccountLimits;
  /** The clone, or a copy of it, whose stacks are deployed. */
  readonly root?: string;
  /** The webhook's port. Default 0: any free port. */
  readonly port?: number;
  readonly webhookToken?: string;
  readonly gitlab?: RealGitLab;
  readonly standIn?: StandInOptions;
  /** Stack parameters that differ from the templates' defaults. */
  readonly parameters?: Readonly<Partial<Record<Stack, Readonly<Record<string, string>>>>>;
  /** Receives lines about the progress. */
  readonly log?: (message: string) => void;
  readonly isVerbose?: boolean;
  /** Called with a sentence when the engine ends by itself. */
  readonly onCrash?: (sentence: string) => void;
  readonly onCall?: (call: FinishedCall) => void;
  /** Told of each right that was used. */
  readonly onGranted?: (granted: Granted) => void;
  /** Told of each call that was refused for a missing right. */
  readonly onRefused?: (refused: RefusedCall) => void;
}
