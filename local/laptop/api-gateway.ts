import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { ACCOUNT_ID, REGION } from "../engine/ministack";
import type { CallOutcome } from "../lambda-host/call";
import type { DeployedApis } from "../webhook-api";
import type { Aws } from "./aws";
import { clientSettings } from "./client-settings";
import type { LaptopServices } from "./services";

const denied = (message: string): CallOutcome => ({
  error: { errorType: "AccessDeniedException", errorMessage: message },
});

/** Calls a function as API Gateway does: when the function's policy lets this part of the API. */
const functionCaller =
  ({ aws, host }: Pick<LaptopServices, "aws" | "host">): DeployedApis["callFunction"] =>
  async (functionName, source, event) => {
    const sourceArn = `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${source}`;
    const resource = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`;
    const verdict = await aws.authorize({ kind: "service", service: "apigateway.amazonaws.com", sourceArn }, [
      { action: "lambda:InvokeFunction", resource },
    ]);
    return verdict.kind === "refused" ? denied(verdict.message) : host.call(functionName, event);
  };

/** A client with a session of the integration's role. */
const integrationClient = (aws: Aws, roleArn: string): EventBridgeClient => {
  const caller = { kind: "role", roleArn, sessionName: "webhook" } as const;
  const credentials = async () => {
    const env = await aws.sessionEnv("apigateway.amazonaws.com", caller);
    // Asked for again in an hour: a session is kept for hours longer.
    return { ...clientSettings(env).credentials, expiration: new Date(Date.now() + 3_600_000) };
  };
  return new EventBridgeClient({ ...clientSettings(aws.env), credentials });
};

const FRESH_MS = 200;

/** While a stack is being deployed nothing is kept of what is read: then a burst of webhooks asks for the APIs once. */
const askedOnce = <Value>(ask: () => Promise<Value>): (() => Promise<Value>) => {
  let asked: { readonly at: number; readonly answer: Promise<Value> } | undefined;
  return () => {
    if (asked && Date.now() - asked.at < FRESH_MS) return asked.answer;
    const one = { at: Date.now(), answer: ask() };
    one.answer.catch(() => {
      if (asked === one) asked = undefined;
    });
    asked = one;
    return one.answer;
  };
};

/** The deployed HTTP APIs, with the rights that their stacks give them. */
export const apiGateway = (
  services: Pick<LaptopServices, "aws" | "host">,
  log: (message: string) => void,
): DeployedApis => {
  const { aws } = services;
  const clients = new Map<string | undefined, EventBridgeClient>();
  return {
    apis: askedOnce(aws.httpApis),
    callFunction: functionCaller(services),
    eventsWith: (roleArn) => {
      const client =
        clients.get(roleArn) ??
        (roleArn === undefined
          ? new EventBridgeClient(clientSettings(aws.env))
          : integrationClient(aws, roleArn));
      clients.set(roleArn, client);
      return client;
    },
    log,
  };
};
