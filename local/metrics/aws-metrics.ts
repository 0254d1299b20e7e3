import type { FinishedCall } from "../lambda-host";
import type { MetricStore } from "./metric-store";

/** What AWS itself counts. A resource is known by its logical id here. */

/** As Lambda counts a call that has ended. */
export const countCall = (store: MetricStore, { functionId, outcome }: FinishedCall): void => {
  const ofFunction = (name: string) => ({
    namespace: "AWS/Lambda",
    name,
    dimensions: { FunctionName: functionId },
  });
  store.put(ofFunction("Invocations"), 1);
  store.put(ofFunction("Errors"), Number("error" in outcome));
};

const WEBHOOK_API = "WebhookApi";

/** As API Gateway counts an answer of the webhook's API. */
export const countAnswer = (store: MetricStore, status: number): void => {
  const ofApi = (name: string) => ({
    namespace: "AWS/ApiGateway",
    name,
    dimensions: { ApiId: WEBHOOK_API },
  });
  store.put(ofApi("Count"), 1);
  store.put(ofApi("4xx"), Number(status >= 400 && status < 500));
  store.put(ofApi("5xx"), Number(status >= 500));
};
