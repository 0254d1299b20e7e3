import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { isFields } from "../../gateway/operations/fields";
import type { MicroVmFaults } from "../faults";
import type { MicroVmQuotas } from "../limits";
import type { MicroVmAction, MicroVmCall } from "./actions";
import { MicroVmError } from "./errors";

/** Lambda's API for MicroVMs, without a server of its own: what stands before it hands it the calls that it let through. */
export interface MicroVmHandler {
  /** Whether it answers an operation; the engine answers the others. */
  answers(operation: string): boolean;
  /** @param target the request's path and query */
  serve(operation: string, target: string, body: Buffer, response: ServerResponse): Promise<void>;
}

export interface HandlerDependencies {
  readonly actions: Readonly<Record<string, MicroVmAction>>;
  readonly faults: MicroVmFaults;
  readonly quotas: MicroVmQuotas;
  readonly log: (message: string) => void;
}

const fieldsIn = (body: Buffer): MicroVmCall["body"] => {
  const value: unknown = JSON.parse(body.toString("utf8") || "{}");
  return isFields(value) ? value : {};
};

/** `/2025-09-09/microvms/{microvmIdentifier}/…` */
const readCall = (target: string, body: Buffer): MicroVmCall => {
  const { pathname, searchParams: query } = new URL(target, "http://localhost");
  return { microvmId: decodeURIComponent(pathname.split("/")[3] ?? ""), query, body: fieldsIn(body) };
};

const toMicroVmError = (error: unknown): MicroVmError =>
  error instanceof MicroVmError ? error : new MicroVmError("InternalServerException", String(error));

const send = (response: ServerResponse, status: number, value: object, headers: object = {}): void => {
  response.writeHead(status, {
    "content-type": "application/json",
    "x-amzn-requestid": randomUUID(),
    ...headers,
  });
  response.end(JSON.stringify(value));
};

export const microVmHandler = ({ actions, faults, quotas, log }: HandlerDependencies): MicroVmHandler => ({
  answers: (operation) => Object.hasOwn(actions, operation),
  serve: async (operation, target, body, response) => {
    try {
      quotas.checkRate(operation);
      faults.check(operation);
      const value = await actions[operation]?.(readCall(target, body));
      if (faults.isAnswerLost(operation)) response.socket?.destroy();
      else send(response, 200, value ?? {});
    } catch (error) {
      const { code, message, status } = toMicroVmError(error);
      log(`${operation}: ${code}: ${message}`);
      const retry = code === "ThrottlingException" ? { "retry-after": "1" } : {};
      send(response, status, { message }, { "x-amzn-errortype": code, ...retry });
    }
  },
});
