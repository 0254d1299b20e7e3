/** For all clients but EC2's, which waits longer. The SDK's defaults exceed a function's time-out. */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;
