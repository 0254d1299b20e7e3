import { Agent, type RequestOptions, request } from "node:http";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { engineCredential } from "../gateway";

/** A call of a service for which the project has no client of the SDK. */
export interface RawCall {
  /** e.g. `sns` */
  readonly service: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const asked = (options: RequestOptions, body = ""): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const call = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk)).once("error", reject);
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    call.once("error", reject).end(body);
  });

const rawCaller =
  (socketPath: string, authorization: (service: string) => string) =>
  async ({ service, headers, body }: RawCall): Promise<RawAnswer> => {
    const all = { ...headers, Host: "localhost", Authorization: authorization(service) };
    const answer = await asked({ socketPath, method: "POST", path: "/", headers: all }, body);
    return { status: answer.status, text: answer.body.toString("utf8") };
  };

/** Reads what is at a path of a service. @throws Error with the status when it is not there */
export type ReadPath = (service: string, path: string) => Promise<Buffer>;

const pathReader =
  (socketPath: string, authorization: (service: string) => string): ReadPath =>
  async (service, path) => {
    const headers = { Host: "localhost", Authorization: authorization(service) };
    const { status, body } = await asked({ socketPath, path, headers });
    if (status !== 200) throw new Error(`The engine answers ${status} to GET ${path} of ${service}`);
    return body;
  };

/**
 * The settings of clients that reach the engine behind the gateway: for what plays AWS itself, and for nobody else.
 *
 * @param agent with the engine's socket as its `socketPath`
 */
export const behindGateway = (agent: Agent, account: string, region: string) => ({
  endpoint: "http://localhost",
  region,
  // The engine takes an access key of twelve digits as the account's id.
  credentials: { accessKeyId: account, secretAccessKey: "none" },
  requestHandler: { httpAgent: agent },
});

/** The engine's services, as the gateway reads them. */
export const engineClients = (socketPath: string, account: string, region: string) => {
  const agent = new Agent({ socketPath, keepAlive: true, maxSockets: 16 } as ConstructorParameters<
    typeof Agent
  >[0]);
  const settings = behindGateway(agent, account, region);
  const clients = {
    cloudFormation: new CloudFormationClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    events: new EventBridgeClient(settings),
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
    ssm: new SSMClient(settings),
    states: new SFNClient(settings),
  };
  const authorization = (service: string): string => engineCredential(account, region, service);
  return {
    ...clients,
    raw: rawCaller(socketPath, authorization),
    /** What AWS itself reads: an API as it is deployed, a function's code, an object. */
    readPath: pathReader(socketPath, authorization),
    settings,
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
      agent.destroy();
    },
  };
};

export type EngineClients = ReturnType<typeof engineClients>;
