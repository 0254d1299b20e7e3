import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { PARAMETERS } from "../../../../Core/configuration";
import { type Collector, collectorOf } from "../../../../Core/otlp/collector";
import type { Clock, Time } from "../../ports";
import { callAws } from "../aws-errors";
import { ssmClient } from "./client";

/** Nothing waits for a changed endpoint. */
const KEPT_MILLISECONDS = 600_000;

/**
 * Where metrics are sent, for functions that read no other configuration. They ask after their work, and only where they have
 * put a metric.
 *
 * @throws TransientError, ConfigurationError
 */
export const storedCollector = (
  path: string,
  clock: Pick<Clock, "now">,
  client: Pick<SSMClient, "send"> = ssmClient(),
) => {
  const names = [PARAMETERS.otlpEndpoint, PARAMETERS.otlpHeaders].map((name) => `${path}/${name}`);
  let kept: { readonly collector: Collector | undefined; readonly readAt: Time } | undefined;
  const read = async (): Promise<Collector | undefined> => {
    const command = new GetParametersCommand({ Names: names, WithDecryption: true });
    const { Parameters = [] } = await callAws(`GetParameters of ${path}`, () => client.send(command));
    const [endpoint, headers] = names.map(
      (name) => Parameters.find(({ Name }) => Name === name)?.Value?.trim() ?? "",
    );
    return collectorOf(endpoint, headers);
  };
  return async (): Promise<Collector | undefined> => {
    const now = clock.now();
    if (kept === undefined || now - kept.readAt >= KEPT_MILLISECONDS || now < kept.readAt)
      kept = { collector: await read(), readAt: now };
    return kept.collector;
  };
};
