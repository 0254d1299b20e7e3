/**
 * For all clients. The SDK's defaults exceed a function's time-out; three tries of three seconds are over before the ten
 * seconds of the functions that have least.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;
