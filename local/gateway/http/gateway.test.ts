import { request as httpRequest } from "node:http";
import { CreateStackCommand } from "@aws-sdk/client-cloudformation";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { ACCOUNT, allow, arn, policy, roleArn } from "../testing/fake-deployed";
import { getItem, put, startWithLedger, TABLE } from "../testing/with-ledger";

let given: Awaited<ReturnType<typeof startWithLedger>>;
beforeEach(async () => {
  given = await startWithLedger();
});
afterEach(() => given.close());

/** A request as a browser or a script would make it. */
const raw = (path: string, headers: Record<string, string>, method = "POST", body = "{}") =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      const sent = httpRequest(`${given.endpoint}${path}`, { method, headers }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      sent.on("error", reject).end(body);
    },
  );

describe("who is no tool on this machine is refused", () => {
  it.each<readonly [what: string, headers: Record<string, string>]>([
    ["a page of a browser", { Origin: "http://evil.example" }],
    ["a page of the gateway itself", { Origin: "http://localhost" }],
    ["a sandboxed page", { Origin: "null" }],
    ["a name that was bound to this machine", { Host: "evil.example" }],
    ["another port's name", { Host: "localhost:1" }],
    ["nobody known", {}],
  ])("%s", async (_, headers) => {
    const { status, headers: answered } = await raw("/2015-03-31/functions", {
      "Content-Type": "text/plain",
      ...headers,
    });
    expect(status).toBe(403);
    expect(Object.keys(answered).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(given.upstream.taken()).toEqual([]);
  });

  it.each<readonly [what: string, header: string, value: string]>([
    ["an Origin", "origin", "http://localhost"],
    ["a foreign Host", "host", "evil.example"],
    ["another port's Host", "host", "localhost:1"],
  ])("%s, however well it is signed", async (_, header, value) => {
    const { dynamodb } = given.as(given.operator);
    dynamodb.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers[header] = value;
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    await expect(dynamodb.send(getItem())).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(given.upstream.taken()).toEqual([]);
  });

  it("a preflight gets no leave", async () => {
    const { status, headers } = await raw(
      "/",
      { Origin: "http://evil.example", "Access-Control-Request-Method": "POST" },
      "OPTIONS",
      "",
    );
    expect(status).toBe(403);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("another user of the machine, whatever the signature", async () => {
    given.anotherUser = true;
    await expect(given.as(given.operator).dynamodb.send(getItem())).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    expect(given.upstream.taken()).toEqual([]);
  });

  it("whose credentials have expired, or were taken back", async () => {
    const credentials = given.session();
    given.credentials.revoke(credentials.accessKeyId);
    await expect(given.as(credentials).dynamodb.send(getItem())).rejects.toMatchObject({
      name: "UnrecognizedClientException",
    });
    const expired = given.credentials.issue(
      { kind: "role", roleArn: roleArn("reader"), sessionName: "x" },
      -1,
    );
    await expect(given.as(expired).dynamodb.send(getItem())).rejects.toMatchObject({
      name: "UnrecognizedClientException",
    });
  });
});

describe("refusals come in the service's own form", () => {
  beforeEach(() => given.deployRole("reader", []));
  it.each<readonly [service: string, send: () => Promise<unknown>, name: string]>([
    ["DynamoDB", () => given.as().dynamodb.send(getItem()), "AccessDeniedException"],
    ["SSM", () => given.as().ssm.send(new GetParametersCommand({ Names: ["/a"] })), "AccessDeniedException"],
    ["EventBridge", () => given.as().events.send(put("s")), "AccessDeniedException"],
    [
      "Step Functions",
      () =>
        given
          .as()
          .states.send(new StartExecutionCommand({ stateMachineArn: arn("states", "stateMachine:m") })),
      "AccessDeniedException",
    ],
    [
      "SQS",
      () => given.as().sqs.send(new SendMessageCommand({ QueueUrl: "q", MessageBody: "m" })),
      "AccessDenied",
    ],
    [
      "Lambda",
      () => given.as().lambda.send(new InvokeCommand({ FunctionName: "f" })),
      "AccessDeniedException",
    ],
    ["EC2", () => given.as().ec2.send(new DescribeInstancesCommand({})), "UnauthorizedOperation"],
    [
      "CloudFormation",
      () => given.as().cloudformation.send(new CreateStackCommand({ StackName: "s" })),
      "AccessDenied",
    ],
    ["IAM", () => given.as().iam.send(new GetRoleCommand({ RoleName: "r" })), "AccessDenied"],
  ])("of %s", async (_, send, name) => {
    await expect(send()).rejects.toMatchObject({ name });
  });
});

describe("what stands behind", () => {
  it("sees the call as it came, without the caller's credentials", async () => {
    await given.as(given.operator).dynamodb.send(getItem());
    await given.as(given.operator).lambda.send(new InvokeCommand({ FunctionName: "f", Payload: "{}" }));
    const [table, invoke] = given.upstream.taken();
    expect(JSON.parse(table!.body.toString())).toEqual({ TableName: "ledger", Key: { pk: { S: "job#1" } } });
    expect(invoke!.target).toBe("/2015-03-31/functions/f/invocations");
    const text = table!.rawHeaders.join("\n");
    expect(text).toContain(`Credential=${ACCOUNT}/`);
    expect(text).not.toContain(given.operator.accessKeyId);
    const temporary = given.session();
    given.deployRole("reader", [policy("read", allow("dynamodb:GetItem", TABLE))]);
    await given.as(temporary).dynamodb.send(getItem());
    expect(given.upstream.taken()[0]!.rawHeaders.join("\n")).not.toContain(temporary.sessionToken);
  });

  it("is reached over connections that stay open for two minutes without a call", async () => {
    const { headers } = await raw("/", { Connection: "keep-alive" });
    expect(headers["keep-alive"]).toBe("timeout=120");
  });

  it("may be a handler in this process", async () => {
    given.handlers["ec2 DescribeInstances"] = async ({ caller }, response) => {
      const inner = `<reservationSet/><requestId>${caller.kind}</requestId>`;
      response.writeHead(200, { "content-type": "text/xml" }).end(`<R>${inner}</R>`);
    };
    await given.as(given.operator).ec2.send(new DescribeInstancesCommand({}));
    expect(given.upstream.taken()).toEqual([]);
  });

  it("gives no answer to pages, even when it means to", async () => {
    const seen: string[] = [];
    const { dynamodb } = given.as(given.operator);
    dynamodb.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { headers: Record<string, string> };
        seen.push(...Object.keys(headers));
        return result;
      },
      { step: "deserialize" },
    );
    await dynamodb.send(getItem());
    expect(seen).toContain("content-type");
    expect(seen.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});
