import { createServer, type Server } from "node:http";
import type { ConditionContext } from "../../iam";
import { mayAssume } from "../access/assume-role";
import { type AccessVerdict, type Authorizer, refusingUnclear } from "../access/authorizer";
import type { Caller } from "../access/caller";
import { type Fields, isFields, mapAt, mapsAt, requireText, textAt } from "../operations/fields";
import { type Need, UnclearCallError } from "../operations/need";
import { readBody } from "./read-body";

/** A call that the engine is about to make itself. */
interface Question {
  readonly caller: Caller;
  /** The service that takes the caller's role for it. */
  readonly assumedBy?: { readonly service: string; readonly sourceArn?: string };
  readonly needs: readonly Need[];
}

const contextOf = (fields: Fields): ConditionContext =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (typeof value === "string") return [key, value];
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) return [key, value];
      throw new UnclearCallError(`The context's ${key} is neither a text nor a list of texts`);
    }),
  );

const needOf = (fields: Fields): Need => ({
  action: requireText(fields, "action"),
  resource: requireText(fields, "resource"),
  context: contextOf(mapAt(fields, "context")),
});

const serviceOf = (fields: Fields) => {
  const sourceArn = textAt(fields, "sourceArn");
  return { service: requireText(fields, "service"), ...(sourceArn ? { sourceArn } : {}) };
};

const callerOf = (fields: Fields): Caller => {
  const kind = requireText(fields, "kind");
  if (kind === "service") return { kind, ...serviceOf(fields) };
  if (kind !== "role") throw new UnclearCallError(`The engine does not call as ${kind}`);
  return { kind, roleArn: requireText(fields, "roleArn"), sessionName: requireText(fields, "sessionName") };
};

const questionOf = (body: Buffer): Question => {
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (!isFields(value)) throw new UnclearCallError("The question is no map");
  const needs = mapsAt(value, "needs").map(needOf);
  if (needs.length === 0) throw new UnclearCallError("The question asks for nothing");
  const caller = mapAt(value, "caller");
  return {
    caller: callerOf(caller),
    needs,
    ...("assumedBy" in caller ? { assumedBy: serviceOf(mapAt(caller, "assumedBy")) } : {}),
  };
};

const answer = async (
  authorize: Authorizer,
  { caller, assumedBy, needs }: Question,
): Promise<AccessVerdict> => {
  if (caller.kind === "role" && assumedBy !== undefined) {
    const { service, sourceArn } = assumedBy;
    const taken = await mayAssume(authorize, service, caller.roleArn, sourceArn);
    if (taken.kind === "refused") return taken;
  }
  return authorize(caller, needs);
};

export interface DecisionServer {
  close(): Promise<void>;
}

const listen = (server: Server, socketPath: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject).listen(socketPath, resolve);
  });

/**
 * Answers the engine, on a unix socket in a folder of ours, whether it may make a call that never passes the
 * gateway. `POST` of `{ caller, needs }`; the answer is `{ isAllowed, message }`.
 */
export const startDecisionServer = async (
  authorize: Authorizer,
  socketPath: string,
): Promise<DecisionServer> => {
  const server = createServer((request, response) => {
    const decide = async (): Promise<void> => {
      const body = await readBody(request);
      const verdict = await refusingUnclear(async () => answer(authorize, questionOf(body)));
      const said =
        verdict.kind === "allowed" ? { isAllowed: true } : { isAllowed: false, message: verdict.message };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said));
    };
    decide().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await listen(server, socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
