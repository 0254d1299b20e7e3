/** The ledger's data about a job, for display. Times in milliseconds since 1970. */
export interface LaptopJob {
  readonly jobId: number;
  /** `LAMBDA`, `EC2` or `MICROVM`. */
  readonly provider?: string;
  /** Id of the instance, the MicroVM or the invocation. */
  readonly resourceId?: string;
  readonly market?: string;
  /** In USD. */
  readonly cost?: number;
  readonly attempt?: number;
  /** What it waits for, or why it failed, as a sentence; absent: nothing remarkable. */
  readonly reason?: string;
  /** The same with times: since when, when it is tried next, and what can be done. */
  readonly account?: string;
  readonly steps?: readonly { readonly name: string; readonly at: number }[];
}

/** Numbers of resources that still exist; all zero after a complete cleanup. */
export interface RemainingResources {
  readonly runners: number;
  readonly instances: number;
  readonly microVms: number;
  readonly ledger: number;
}

/** The limits of the laptop's account. */
export interface AccountStatus {
  /** All of them in a sentence. */
  readonly limits: string;
  /** What they refused so far. */
  readonly refused: readonly { readonly name: string; readonly value: number; readonly refused: number }[];
}

/** A row of the mapping, for display. */
export interface MappingLine {
  /** The job's name, or `any job`; with the project where the row is for one. */
  readonly job: string;
  readonly tags: readonly string[];
  /** `Lambda` or `EC2`, with the class where the row names one. */
  readonly runner: string;
}

/** A line of a widget: a value for each period, oldest first; null: it had none. Empty: nothing was ever put. */
export interface WidgetLine {
  readonly label: string;
  readonly points: readonly (number | null)[];
}

export interface WidgetView {
  readonly title: string;
  readonly lines: readonly WidgetLine[];
}

/** The deployed stack's dashboard, with the metrics of this machine. */
export interface DashboardView {
  readonly secondsPerPoint: number;
  readonly widgets: readonly WidgetView[];
}

export interface LaptopStatus {
  /** Absent: the deployed template has none. */
  readonly dashboard?: DashboardView;
  /** Absent: not read yet. */
  readonly mapping?: readonly MappingLine[];
  /** Absent: nothing is limited. */
  readonly account?: AccountStatus;
  readonly jobs: readonly LaptopJob[];
  readonly remaining: RemainingResources;
}

export type AskLaptop = () => Promise<LaptopStatus>;

const FRESH_MS = 800;

/** Caches the status: asks about once a second at most, one request at a time, and returns the last answer meanwhile. */
export const laptopStatus = (now: () => number) => {
  let ask: AskLaptop | undefined;
  let last: LaptopStatus | undefined;
  let askedAt = 0;
  let isAsking = false;
  const refresh = async (): Promise<void> => {
    if (ask === undefined || isAsking || now() - askedAt < FRESH_MS) return;
    isAsking = true;
    askedAt = now();
    try {
      last = await ask();
    } catch {
      // The page then shows no providers. The callback's owner reports its errors.
      last = undefined;
    } finally {
      isAsking = false;
    }
  };
  return {
    set: (callback: AskLaptop) => {
      ask = callback;
    },
    get: async (): Promise<LaptopStatus | undefined> => {
      await refresh();
      return last;
    },
  };
};
