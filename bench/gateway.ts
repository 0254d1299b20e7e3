/**
 * What the laptop's gateway adds to a call: the same call of the SDK to the laptop's engine, straight on its socket
 * and through the gateway, by a session of a role with a boundary. Run it with `npx tsx bench/gateway.ts`.
 */
import "../HelperScripts/quiet-sdk";

import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { CreatePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { ACCOUNT_ID, REGION } from "../local/engine/ministack";
import { type Aws, startAws } from "../local/laptop/aws";
import { clientSettings } from "../local/laptop/client-settings";
import { openRunFolder } from "../local/laptop/run-folder";
import { percentile } from "./percentile";

const CALLS = 2_000;
const WARM_UP = 300;
const MAX_ADDED_MS = 3;

const TABLE = `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/ledger`;
const command = new GetItemCommand({ TableName: "ledger", Key: { pk: { S: "job#1" } } });

const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** As many statements as a function's role has, the last one being the one that allows. */
const IDENTITY = document(
  ...Array.from({ length: 12 }, (_, index) => ({
    Effect: "Allow",
    Action: ["ssm:GetParameters", "kms:Decrypt"],
    Resource: `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter/gitlabrunner/${index}`,
    Condition: { StringEquals: { "kms:ViaService": `ssm.${REGION}.amazonaws.com` } },
  })),
  {
    Effect: "Allow",
    Action: ["dynamodb:PutItem", "dynamodb:GetItem"],
    Resource: [TABLE, `${TABLE}/index/*`],
    Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "job#*" } },
  },
);

const TRUST = document({
  Effect: "Allow",
  Principal: { Service: "lambda.amazonaws.com" },
  Action: "sts:AssumeRole",
});

const deploy = async (aws: Aws): Promise<void> => {
  const settings = clientSettings(aws.env);
  const iam = new IAMClient(settings);
  const everything = document({ Effect: "Allow", Action: "*", Resource: "*" });
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "boundary", PolicyDocument: everything }),
  );
  await iam.send(
    new CreateRoleCommand({
      RoleName: "bench",
      AssumeRolePolicyDocument: TRUST,
      PermissionsBoundary: Policy?.Arn,
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: "bench", PolicyName: "bench", PolicyDocument: IDENTITY }),
  );
  await new DynamoDBClient(settings).send(
    new CreateTableCommand({
      TableName: "ledger",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    }),
  );
};

const timed = async (client: DynamoDBClient): Promise<number> => {
  const start = performance.now();
  await client.send(command);
  return performance.now() - start;
};

/** In turns, so that whatever else the machine does weighs on both. */
const measure = async (straight: DynamoDBClient, through: DynamoDBClient) => {
  const times = { straight: [] as number[], through: [] as number[] };
  for (let index = 0; index < WARM_UP + CALLS; index += 1) {
    const [one, other] = [await timed(straight), await timed(through)];
    if (index < WARM_UP) continue;
    times.straight.push(one);
    times.through.push(other);
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

const bench = async (aws: Aws): Promise<boolean> => {
  await deploy(aws);
  const env = await aws.sessionEnv("lambda.amazonaws.com", {
    kind: "role",
    roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/bench`,
    sessionName: "one",
  });
  const straight = new DynamoDBClient(aws.asAws);
  const through = new DynamoDBClient(clientSettings(env));
  const times = await measure(straight, through);
  const added = show("through the gateway", times.through) - show("straight", times.straight);
  console.log(`the gateway adds ${added.toFixed(2)} ms (p50); at most ${MAX_ADDED_MS} ms are wanted`);
  for (const client of [straight, through]) client.destroy();
  return added <= MAX_ADDED_MS;
};

const main = async (): Promise<void> => {
  const run = openRunFolder();
  const log = (text: string): void => void process.stderr.write(`${text}\n`);
  const aws = await startAws(run, { apiOrigin: "", onCrash: log, log });
  try {
    process.exitCode = (await bench(aws)) ? 0 : 1;
  } finally {
    await aws.close();
    await run.close();
  }
};

void main();
