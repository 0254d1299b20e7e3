/** What only the laptop's other parts know of a job: the ledger's record of it. Times in milliseconds since 1970. */
export interface LaptopJob {
  readonly jobId: number;
  /** `LAMBDA` | `EC2`. */
  readonly provider?: string;
  /** Instance or invocation. */
  readonly resourceId?: string;
  readonly market?: string;
  /** USD. */
  readonly cost?: number;
  readonly attempt?: number;
  /** Why something goes wrong, in a sentence. */
  readonly reason?: string;
  readonly steps?: readonly { readonly name: string; readonly at: number }[];
}

/** What is still there: all zero when everything that was started is gone. */
export interface RemainingResources {
  readonly runners: number;
  readonly instances: number;
  readonly ledger: number;
}

export interface LaptopStatus {
  readonly jobs: readonly LaptopJob[];
  readonly remaining: RemainingResources;
}

export type AskLaptop = () => Promise<LaptopStatus>;

const FRESH_MS = 800;

/** Asks at most about once a second and not while an answer is due; the last answer stands meanwhile. */
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
      // The page shows no providers then; whoever gave the callback reports its own errors.
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
