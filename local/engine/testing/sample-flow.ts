import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateEventBusCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateFunctionCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { CreateStateMachineCommand } from "@aws-sdk/client-sfn";
import {
  CreateQueueCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { ACCOUNT, arn, roleArn } from "../../gateway/testing/fake-deployed";
import type { GuardedEngine } from "./guarded-engine";

export const FUNCTION = arn("lambda", "function:worker");
export const MACHINE = arn("states", "stateMachine:flow");
export const RULE = arn("events", "rule/bus/all");
export const LETTERS = arn("sqs", "letters");

const LETTERS_URL = `http://localhost/${ACCOUNT}/letters`;

/** An empty zip archive: the function's calls go to a host of ours. */
const EMPTY_ZIP = Buffer.from("504b0506000000000000000000000000000000000000", "hex");

/** A rule, a workflow, a function and a queue for what fails. */
export interface SampleFlow {
  /** What the function was called with. */
  called: string[];
  /** Whether the function fails. */
  isFailing: boolean;
  /** Points the rule at one target. */
  aim(targetArn: string, roleName?: string): Promise<unknown>;
  putEvent(): Promise<unknown>;
  /** Calls the function asynchronously. */
  callFunction(): Promise<unknown>;
  untilCalled(): Promise<void>;
  emptyQueue(): Promise<unknown>;
  letter(): Promise<Message | undefined>;
  close(): void;
}

type Clients = GuardedEngine["calls"];

const deployFunction = async ({ lambda }: Clients): Promise<void> => {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "worker",
      Role: roleArn("worker"),
      Runtime: "nodejs20.x",
      Handler: "h.handler",
      Code: { ZipFile: EMPTY_ZIP },
    }),
  );
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: "worker",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: LETTERS } },
    }),
  );
};

const deployFlow = async ({ events, sqs, states }: Clients): Promise<void> => {
  const work = { Type: "Task", Resource: FUNCTION, End: true };
  const definition = JSON.stringify({ StartAt: "Work", States: { Work: work } });
  const machine = { name: "flow", type: "EXPRESS", roleArn: roleArn("flow"), definition } as const;
  await sqs.send(new CreateQueueCommand({ QueueName: "letters" }));
  await states.send(new CreateStateMachineCommand(machine));
  await events.send(new CreateEventBusCommand({ Name: "bus" }));
  const EventPattern = JSON.stringify({ source: ["test"] });
  await events.send(new PutRuleCommand({ Name: "all", EventBusName: "bus", EventPattern }));
};

const startHost = async (
  flow: Pick<SampleFlow, "called" | "isFailing">,
  socketPath: string,
): Promise<Server> => {
  const host = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    flow.called.push(text);
    const body = flow.isFailing ? { errorType: "E", errorMessage: "m" } : "done";
    response.writeHead(200, flow.isFailing ? { "X-Amz-Function-Error": "Unhandled" } : {});
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => host.listen(socketPath, resolve));
  return host;
};

export const deploySampleFlow = async ({ calls, hostSocket }: GuardedEngine): Promise<SampleFlow> => {
  const { events, lambda, sqs } = calls;
  const seen: Pick<SampleFlow, "called" | "isFailing"> = { called: [], isFailing: false };
  const host = await startHost(seen, hostSocket);
  await deployFlow(calls);
  await deployFunction(calls);
  const entry = { EventBusName: "bus", Source: "test", DetailType: "d", Detail: '{"n":1}' };
  return Object.assign(seen, {
    aim: (Arn: string, roleName?: string) => {
      const target = { Id: "t", Arn, DeadLetterConfig: { Arn: LETTERS } };
      const Targets = [roleName ? { ...target, RoleArn: roleArn(roleName) } : target];
      return events.send(new PutTargetsCommand({ Rule: "all", EventBusName: "bus", Targets }));
    },
    putEvent: () => events.send(new PutEventsCommand({ Entries: [entry] })),
    callFunction: () => lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType: "Event" })),
    untilCalled: async () => {
      for (const until = Date.now() + 5_000; Date.now() < until && seen.called.length === 0; )
        await sleep(20);
    },
    emptyQueue: () => sqs.send(new PurgeQueueCommand({ QueueUrl: LETTERS_URL })),
    letter: async () => {
      const receive = { QueueUrl: LETTERS_URL, WaitTimeSeconds: 1, MessageAttributeNames: ["All"] };
      return (await sqs.send(new ReceiveMessageCommand(receive))).Messages?.[0];
    },
    close: () => {
      host.closeAllConnections();
      host.close();
    },
  });
};
