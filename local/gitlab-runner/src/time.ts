/** A factor on the stand-in's waiting times, which tests shorten. It is not passed to jobs. */
export const TIME_SCALE = "GITLAB_RUNNER_STAND_IN_TIME_SCALE";

const scale = Number(process.env[TIME_SCALE] ?? 1) || 1;
delete process.env[TIME_SCALE];

/** Converts scaled seconds to milliseconds. */
export const milliseconds = (seconds: number): number => seconds * 1000 * scale;

/** Scaled seconds since `start` (`performance.now()`). */
export const secondsSince = (start: number): number => (performance.now() - start) / 1000 / scale;

/** Sleeps for scaled seconds. It ends early, without an error, when `signal` is aborted. */
export const sleep = (seconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds(seconds));
    signal?.addEventListener("abort", done);
  });
