import type { Stack } from "../engine/build";
import type { StandInOptions } from "../gitlab";
import type { FinishedCall } from "../lambda-host";

/** A GitLab that is none of ours. */
export interface RealGitLab {
  readonly url: string;
  readonly accessToken: string;
}

export interface LaptopOptions {
  /** The clone whose stacks are deployed, or a copy of it. */
  readonly root?: string;
  /** The webhook's port; 0, the default: a free one. */
  readonly port?: number;
  readonly webhookToken?: string;
  readonly gitlab?: RealGitLab;
  readonly standIn?: StandInOptions;
  /** What differs from the templates' defaults. */
  readonly parameters?: Readonly<Partial<Record<Stack, Readonly<Record<string, string>>>>>;
  /** Progress, a line at a time. */
  readonly log?: (message: string) => void;
  readonly isVerbose?: boolean;
  /** Told in a sentence when the engine ends by itself. */
  readonly onCrash?: (sentence: string) => void;
  readonly onCall?: (call: FinishedCall) => void;
}
