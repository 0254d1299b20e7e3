import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ec2Simulator, startEc2 } from "../../local/ec2";
import { answerTables } from "../doubles/dynamodb/server";
import { STACK_TABLES } from "../doubles/dynamodb/stack-tables";
import { DynamoTables } from "../doubles/dynamodb/tables";

/** What the functions call. */
export type CalledService = "dynamodb" | "ssm" | "events" | "lambda" | "ec2" | "gitlab";

const TARGETS: readonly (readonly [CalledService, RegExp])[] = [
  ["dynamodb", /^DynamoDB_/],
  ["ssm", /^AmazonSSM\./],
  ["events", /^AWSEvents\./],
];

const serviceOf = ({ headers, url = "" }: IncomingMessage): CalledService => {
  const target = String(headers["x-amz-target"] ?? "");
  const named = TARGETS.find(([, pattern]) => pattern.test(target))?.[0];
  if (url.startsWith("/api/v4/")) return "gitlab";
  return named ?? (/^\/20\d\d-/.test(url) ? "lambda" : "ec2");
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
};

/** AWS on loopback behind one address, as `AWS_ENDPOINT_URL` names it, with any services silent; a GitLab there always is. */
export class AwsOnLoopback {
  readonly tables = new DynamoTables(STACK_TABLES);
  readonly parameters = new Map<string, string>();
  /** Tags of every function. */
  functionTags: Readonly<Record<string, string>> = {};
  readonly events: unknown[] = [];
  /** Paths of the MicroVM API that were called, in order. */
  readonly microVmCalls: string[] = [];
  /** The error of every invocation. */
  invocationError: string | undefined;
  /** Those that take calls and never answer. */
  readonly silent = new Set<CalledService>();
  /** Parameter Store refuses every read. */
  isThrottled = false;
  /** Calls that wait for them. */
  held = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), "handlers-"));
  readonly #server: Server;
  readonly ec2: Ec2Simulator;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.ec2 = startEc2({
      awsEndpoint: "http://127.0.0.1:9",
      region: "eu-west-1",
      accountId: "123456789012",
      folder: this.#folder,
      env: { PATH: process.env.PATH },
      onEvent: () => undefined,
      readTemplate: async () => BLUEPRINT,
      credentialsOf: async () => undefined,
    });
    this.ec2.control({ timing: { pendingMs: 20, hiddenMs: 0 } });
  }

  static async open(): Promise<AwsOnLoopback> {
    const made = new AwsOnLoopback();
    await new Promise<void>((resolve) => made.#server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.ec2.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const service = serviceOf(request);
    const body = await readBody(request);
    if (this.silent.has(service)) return this.#hold(response);
    // Who wants a GitLab that answers takes a stand-in.
    if (service === "gitlab") return this.#hold(response);
    if (service === "ec2") {
      await this.ec2.serve(new URLSearchParams(body).get("Action") ?? "", body, response);
      return;
    }
    const [status, value] = this.#answer(service, request, body);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(value));
  }

  /** Until the caller has had enough. */
  #hold(response: ServerResponse): void {
    this.held += 1;
    response.once("close", () => {
      this.held -= 1;
    });
  }

  #answer(
    service: Exclude<CalledService, "ec2" | "gitlab">,
    { headers, url = "" }: IncomingMessage,
    body: string,
  ): readonly [status: number, value: object] {
    switch (service) {
      case "dynamodb":
        return answerTables(this.tables, String(headers["x-amz-target"]), body);
      case "ssm":
        if (this.isThrottled) return [400, { __type: "ThrottlingException", message: "Rate exceeded" }];
        return [200, { Parameters: this.#parametersOf(body) }];
      case "events":
        this.events.push(...(JSON.parse(body) as { Entries: unknown[] }).Entries);
        return [200, { FailedEntryCount: 0, Entries: [{ EventId: "1" }] }];
      case "lambda":
        if (url.includes("/microvms")) return [200, this.#microVm(url)];
        if (url.includes("/tags/")) return [200, { Tags: this.functionTags }];
        if (!url.endsWith("/invocations")) return [200, {}];
        return this.invocationError ? [404, { __type: this.invocationError }] : [202, {}];
    }
  }

  /** Every launch gets the same MicroVM. Only a launch's path ends with the collection. */
  #microVm(url: string): object {
    const vm = { microvmId: MICROVM_ID, state: "RUNNING", imageArn: MICROVM_IMAGE_ARN, imageVersion: "1.0" };
    this.microVmCalls.push(url.replace(/^\/20[\d-]+/, "").replace(/\?.*/, ""));
    return { ...vm, startedAt: 0, items: [] };
  }

  #parametersOf(body: string): object[] {
    const { Names } = JSON.parse(body) as { Names: string[] };
    return Names.flatMap((Name) => {
      const Value = this.parameters.get(Name);
      return Value === undefined ? [] : [{ Name, Value, Type: "SecureString" }];
    });
  }
}

export const MICROVM_ID = "microvm-0a1b2c3d";
export const MICROVM_IMAGE_ARN =
  "arn:aws:lambda:eu-west-1:123456789012:microvm-image:gitlab-runners-2048-0a1b";

const BLUEPRINT = {
  imageId: "ami-0123456789abcdef0",
  isTokenRequired: true,
  hopLimit: 1,
  terminatesOnShutdown: true,
  rootDeviceName: "/dev/xvda",
  disks: [],
  tags: {},
  volumeTags: {},
};
