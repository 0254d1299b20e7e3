import { log } from "../../../../Core/log";
import type { Collector } from "../../../../Core/otlp/collector";
import { metricsRequest, type Sender } from "../../../../Core/otlp/metrics-request";
import type { Clock, Time } from "../../ports";
import { errorName } from "../aws-errors";
import type { KeptMetrics } from "./kept-metrics";

/** For a request with its answer. A job waits for none of it, and the function is paid for it. */
const LONGEST_MILLISECONDS = 1_000;
/** A collector that failed is left alone for so long: its metrics of that time are in CloudWatch alone. */
const PAUSE_MILLISECONDS = 60_000;

interface SendSettings extends Sender {
  readonly clock: Pick<Clock, "now">;
  /** For a test. */
  readonly fetch: typeof fetch;
}

/** The error's name or the answer's status, and nothing of its text: a collector may repeat our headers in it. */
const failure = async (run: () => Promise<Response>): Promise<string | undefined> => {
  try {
    const answer = await run();
    await answer.body?.cancel();
    return answer.ok ? undefined : `HTTP ${answer.status}`;
  } catch (error) {
    return errorName(error);
  }
};

/** Sends metrics to a collector. It never throws. */
export class MetricsSender {
  #pausedUntil: Time = 0;

  constructor(readonly settings: SendSettings) {}

  /** @param milliseconds that the function has left for it */
  async send(collector: Collector, kept: KeptMetrics, milliseconds: number): Promise<void> {
    const { clock, fetch: request, ...sender } = this.settings;
    const { puts, since } = kept.take();
    if (puts.length === 0 || clock.now() < this.#pausedUntil) return;
    const body = JSON.stringify(metricsRequest(puts, sender, since, clock.now()));
    const headers = { ...collector.headers, "content-type": "application/json" };
    const signal = AbortSignal.timeout(Math.min(LONGEST_MILLISECONDS, milliseconds));
    const error = await failure(() =>
      request(collector.url, { method: "POST", redirect: "error", headers, body, signal }),
    );
    if (error === undefined) return;
    this.#pausedUntil = clock.now() + PAUSE_MILLISECONDS;
    log.warn("OTLP_NOT_SENT", { metrics: puts.length, error });
  }
}
