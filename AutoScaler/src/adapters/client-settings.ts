/** Of all clients but EC2's, which has longer time-outs. The SDK's own limits are minutes, a function's are seconds. */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;
