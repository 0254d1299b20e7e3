import { readEnv } from "../../../Core/env";
import { deploymentMetric } from "../../../Core/log";
import { KeptMetrics } from "../adapters/otlp/kept-metrics";
import { randomNonce, systemClock } from "../adapters/system-clock";

// In a file of its own: what a file imports for others is in each bundle's start that has the file, as soon as something that is
// loaded later uses it. So a function that reads Parameter Store seldom does not import `wiring.ts`, which loads its client.
const { deploymentId } = readEnv(process.env, { deploymentId: "DEPLOYMENT_ID" });

/** The metrics of this call, until they are sent (see `sendingMetrics`). */
export const keptMetrics = new KeptMetrics(systemClock.now);

/** The dependencies of every rule: clock, nonces, deployment and metrics. */
export const machine = {
  clock: systemClock,
  nonce: randomNonce,
  deploymentId,
  metric: keptMetrics.beside(deploymentMetric(deploymentId)),
} as const;

/** For the jitter of retries; ids come from `machine.nonce`. */
export const timeout = { clock: systemClock, random: Math.random } as const;
