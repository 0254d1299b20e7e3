/**
 * What the laptop's gateway adds to a call: the same call of the SDK, straight to a server on loopback and
 * through the gateway to one that answers the same. Run it with `npx tsx bench/gateway.ts`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { awsCalls } from "../local/gateway/testing/aws-calls";
import { allow, arn, policy, role, roleArn } from "../local/gateway/testing/fake-deployed";
import { startGatewayUnderTest } from "../local/gateway/testing/gateway-under-test";
import { isAnotherUser } from "../local/gitlab/page/same-user";
import { percentile } from "./percentile";

const CALLS = 2_000;
const WARM_UP = 300;

const TABLE = arn("dynamodb", "table/ledger");
const command = new GetItemCommand({ TableName: "ledger", Key: { pk: { S: "job#1" } } });

/** As many statements as a function's role has, the last one being the one that allows. */
const identity = policy(
  "start-runner",
  ...Array.from({ length: 12 }, (_, index) =>
    allow(["ssm:GetParameters", "kms:Decrypt"], arn("ssm", `parameter/gitlabrunner/${index}`), {
      StringEquals: { "kms:ViaService": "ssm.eu-west-1.amazonaws.com" },
    }),
  ),
  allow(["dynamodb:PutItem", "dynamodb:GetItem"], [TABLE, `${TABLE}/index/*`], {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "job#*" },
  }),
);

const measure = async (send: () => Promise<unknown>): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let index = 0; index < WARM_UP + CALLS; index += 1) {
    const start = performance.now();
    await send();
    if (index >= WARM_UP) times.push(performance.now() - start);
  }
  return times;
};

const show = (name: string, times: readonly number[]): number => {
  const of = (hundredth: number): number => percentile(times, hundredth) ?? Number.NaN;
  console.log(
    `${name}: p50 ${of(50).toFixed(2)} ms, p95 ${of(95).toFixed(2)} ms, p99 ${of(99).toFixed(2)} ms`,
  );
  return of(50);
};

const startPlain = async () => {
  const server = createServer((request, response) => {
    request
      .resume()
      .on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

const main = async (): Promise<void> => {
  const plain = await startPlain();
  const given = await startGatewayUnderTest(isAnotherUser);
  given.state.tables[TABLE] = { partitionKey: "pk", indexes: {} };
  given.state.roles[roleArn("bench")] = role("bench", [identity], policy("boundary", allow("*", "*")));
  const caller = { kind: "role", roleArn: roleArn("bench"), sessionName: "one" } as const;
  const credentials = given.credentials.issue(caller, 3_600);
  const direct = awsCalls(`http://localhost:${(plain.address() as AddressInfo).port}`, credentials);
  const through = awsCalls(given.endpoint, credentials);
  const without = show("straight", await measure(() => direct.dynamodb.send(command)));
  const withIt = show("through the gateway", await measure(() => through.dynamodb.send(command)));
  console.log(`the gateway adds ${(withIt - without).toFixed(2)} ms (p50), its hop to the engine included`);
  await given.close();
  plain.closeAllConnections();
  plain.close();
  for (const { dynamodb } of [direct, through]) dynamodb.destroy();
};

void main();
