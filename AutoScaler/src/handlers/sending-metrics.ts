import type { Context } from "aws-lambda";
import { log } from "../../../Core/log";
import type { Collector } from "../../../Core/otlp/collector";
import { MetricsSender } from "../adapters/otlp/send-metrics";
import { systemClock } from "../adapters/system-clock";
import { keptMetrics, machine } from "./machine";

/** A function ends with so much time left, whatever the collector does. */
const SPARE_MILLISECONDS = 1_000;
/** With less than this left nothing is sent. */
const MIN_MILLISECONDS = 100;

const sender = new MetricsSender({
  clock: systemClock,
  fetch,
  deployment: machine.deploymentId,
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? "",
  region: process.env.AWS_REGION ?? "",
  instance: machine.nonce().slice(0, 32),
});

export type FindCollector = () => Promise<Collector | undefined>;

const sendKept = async (find: FindCollector, context: Context | undefined): Promise<void> => {
  const left = (context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY) - SPARE_MILLISECONDS;
  try {
    const collector = keptMetrics.isEmpty || left < MIN_MILLISECONDS ? undefined : await find();
    if (collector !== undefined) await sender.send(collector, keptMetrics, left);
  } catch (error) {
    log.warn("OTLP_NOT_SENT", { error: error instanceof Error ? error.message : "" });
  }
  keptMetrics.take();
};

/**
 * A handler that sends its call's metrics to the collector, if there is one, when its work is done: within a second, and
 * whatever comes of it, the handler's answer or error stays what it was.
 *
 * @param find where to; the configuration that the handler has read, or what it asks for then
 */
export const sendingMetrics =
  <Output>(find: FindCollector, handle: (input: unknown, context?: Context) => Promise<Output>) =>
  async (input: unknown, context?: Context): Promise<Output> => {
    try {
      return await handle(input, context);
    } finally {
      await sendKept(find, context);
    }
  };
