import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Ec2Faults } from "../faults";
import type { Action } from "./actions";
import { Ec2Error } from "./errors";
import { parseForm } from "./query-form";
import { answerXml, errorXml } from "./xml";

export interface Ec2Dependencies {
  readonly actions: Readonly<Record<string, Action>>;
  readonly faults: Ec2Faults;
  /** Called for each action that the simulator answers itself. */
  readonly onCall: (action: string) => void;
  readonly log: (message: string) => void;
}

/** EC2's Query API, without a server of its own: what stands before it hands it the calls that it let through. */
export interface Ec2Handler {
  /** Whether the simulator answers an action; the engine answers the others. */
  answers(action: string): boolean;
  /** @param form the call's form, from its body or its query */
  serve(action: string, form: string, response: ServerResponse): Promise<void>;
}

const send = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { "content-type": "text/xml" });
  response.end(text);
};

const toEc2Error = (error: unknown): Ec2Error => {
  if (error instanceof Ec2Error) return error;
  // The engine's errors (an unknown launch template) have EC2's codes as names.
  return error instanceof Error && /^[A-Z]\w+(\.\w+)?$/.test(error.name) && error.name !== "TypeError"
    ? new Ec2Error(error.name, error.message)
    : new Ec2Error("InternalError", String(error));
};

export const ec2Handler = ({ actions, faults, onCall, log }: Ec2Dependencies): Ec2Handler => {
  const answers = (name: string): boolean => Object.hasOwn(actions, name);
  return {
    answers,
    serve: async (name, form, response) => {
      const requestId = randomUUID();
      onCall(name);
      try {
        const action = answers(name) ? actions[name] : undefined;
        if (action === undefined) throw new Ec2Error("InvalidAction", `The action ${name} is not known`);
        faults.check(name);
        const value = await action(parseForm(form));
        if (faults.isAnswerLost(name)) response.socket?.destroy();
        else send(response, 200, answerXml(name, requestId, value));
      } catch (error) {
        const { code, message, status } = toEc2Error(error);
        log(`${name}: ${code}`);
        send(response, status, errorXml(requestId, code, message));
      }
    },
  };
};
