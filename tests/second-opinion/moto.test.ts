import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateArchiveCommand,
  CreateEventBusCommand,
  DescribeArchiveCommand,
  EventBridgeClient,
} from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, ListTagsCommand } from "@aws-sdk/client-lambda";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamoBootstrapRows } from "../../AutoScaler/src/adapters/dynamodb/bootstrap-rows";
import { dynamoLedger } from "../../AutoScaler/src/adapters/dynamodb/ledger";
import { dynamoMappings } from "../../AutoScaler/src/adapters/dynamodb/mappings";
import { dynamoMinuteCounters } from "../../AutoScaler/src/adapters/dynamodb/minute-counters";
import { tableReads } from "../../AutoScaler/src/adapters/dynamodb/table-reads";
import { eventBridgeBus } from "../../AutoScaler/src/adapters/eventbridge/event-bus";
import type { LambdaApi } from "../../AutoScaler/src/adapters/lambda/client";
import { lambdaFunctions } from "../../AutoScaler/src/adapters/lambda/functions";
import { ssmConfiguration } from "../../AutoScaler/src/adapters/ssm/configuration";
import { systemClock } from "../../AutoScaler/src/adapters/system-clock";
import { bootstrapRowsContract } from "../../AutoScaler/src/testing/contracts/bootstrap-rows-contract";
import { eventBusContract } from "../../AutoScaler/src/testing/contracts/event-bus-contract";
import { ledgerContract } from "../../AutoScaler/src/testing/contracts/ledger-contract";
import { mappingsContract } from "../../AutoScaler/src/testing/contracts/mappings-contract";
import { minuteCountersContract } from "../../AutoScaler/src/testing/contracts/minute-counters-contract";
import {
  runnerFunctionsContract,
  settingsContract,
} from "../../AutoScaler/src/testing/contracts/settings-contract";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import { usageReader } from "../../Core/usage/usage-reader";
import { describeWith } from "../needs";
import { TABLE_IDS, tableDefinition } from "../templates/table-definition";
import { ACCOUNT, PYTHON, type SecondDouble, startDouble } from "./double";
import { ec2OnDouble } from "./ec2";

/**
 * The contracts of the adapters on a double of AWS that others wrote. requirements.txt has its version; `npm test`
 * installs it. Where it differs from our own doubles, AWS's documentation decides; such tests say which is right.
 */
const DEPLOYMENT = "gitlab-runners-infrastructure";
const unique = (name: string): string => `${name}-${randomInt(2 ** 40).toString(36)}`;

describeWith(existsSync(PYTHON), "no .local/moto-venv, which npm test makes where PyPI answers")(
  "a second opinion of AWS",
  () => {
    let double: SecondDouble;
    let dynamoDb: DynamoDBClient;
    beforeAll(async () => {
      double = await startDouble();
      dynamoDb = new DynamoDBClient(double.clients);
      for (const id of TABLE_IDS) await dynamoDb.send(new CreateTableCommand(tableDefinition(id, id)));
    }, 60_000);
    afterAll(async () => {
      dynamoDb?.destroy();
      await double?.close();
    });

    const timeout = { clock: systemClock, random: Math.random };
    const rowsOf = () => dynamoBootstrapRows(dynamoDb, "BootstrapTable", timeout);

    describe("DynamoDB: the ledger", () => {
      ledgerContract(() => ({
        rows: rowsOf(),
        usage: usageReader(tableReads(dynamoDb, "LedgerTable")),
        ledger: dynamoLedger(dynamoDb, {
          table: "LedgerTable",
          bootstrapTable: "BootstrapTable",
          ...timeout,
        }),
      }));
    });

    describe("DynamoDB: the bootstrap rows", () => {
      const TableName = "BootstrapTable";
      bootstrapRowsContract(() => ({
        rows: rowsOf(),
        put: async (row) => {
          await dynamoDb.send(new PutItemCommand({ TableName, Item: marshall(row) }));
        },
        read: async (key) => {
          const { Item } = await dynamoDb.send(new GetItemCommand({ TableName, Key: { key: { S: key } } }));
          return Item && (unmarshall(Item) as BootstrapRow);
        },
      }));
    });

    describe("DynamoDB: the mapping table", () => {
      mappingsContract(() => ({
        mappings: dynamoMappings(dynamoDb, "MappingTable"),
        put: async (row) => {
          await dynamoDb.send(new PutItemCommand({ TableName: "MappingTable", Item: marshall(row) }));
        },
      }));
    });

    describe("DynamoDB: the minute counters", () => {
      minuteCountersContract(() => dynamoMinuteCounters(dynamoDb, "LedgerTable"));
    });

    describe("Parameter Store: the settings", () => {
      settingsContract(async () => {
        const client = new SSMClient(double.clients);
        const path = `/${unique("glr")}`;
        const put = async (name: string, Value: string, Type: "String" | "SecureString" = "String") => {
          await client.send(
            new PutParameterCommand({ Name: `${path}/${name}`, Value, Type, Overwrite: true }),
          );
        };
        await put("Url", "https://gitlab.example.com");
        await put("AccessToken", "glpat-example", "SecureString");
        return {
          settings: ssmConfiguration(client, {
            path,
            deploymentId: "runners",
            busName: "runners",
            readsStarts: true,
            ...timeout,
          }),
          turn: (to) => put("Starts", to),
        };
      });
    });

    describe("EventBridge: the bus", () => {
      eventBusContract(async () => {
        const client = new EventBridgeClient(double.clients);
        const name = unique("bus");
        const { EventBusArn } = await client.send(new CreateEventBusCommand({ Name: name }));
        await client.send(new CreateArchiveCommand({ ArchiveName: name, EventSourceArn: EventBusArn }));
        return {
          bus: eventBridgeBus(client, name),
          name,
          arrived: async () =>
            (await client.send(new DescribeArchiveCommand({ ArchiveName: name }))).EventCount ?? 0,
        };
      });
    });

    describe("Lambda: the runner functions' tags", () => {
      // As Lambda does, moto refuses a role that does not exist or does not trust Lambda.
      const makeRole = async (): Promise<string> => {
        const trust = {
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: "sts:AssumeRole",
        };
        const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
        const request = new CreateRoleCommand({ RoleName: unique("runner"), AssumeRolePolicyDocument });
        return (await new IAMClient(double.clients).send(request)).Role?.Arn ?? "";
      };

      runnerFunctionsContract(() => {
        const client = new LambdaClient(double.clients);
        const api: Pick<LambdaApi, "listTags"> = {
          listTags: (input) => client.send(new ListTagsCommand(input)),
        };
        return {
          functions: lambdaFunctions(api, DEPLOYMENT, systemClock),
          add: async (arn, isIsolated) => {
            await client.send(
              new CreateFunctionCommand({
                FunctionName: arn.split(":").at(-1),
                Role: await makeRole(),
                Code: { ImageUri: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/runner:1` },
                PackageType: "Image",
                Tags: {
                  "glr:role": "runner",
                  "glr:stack": DEPLOYMENT,
                  "glr:tenant-isolation": isIsolated ? "on" : "off",
                },
              }),
            );
          },
        };
      });
    });

    describe("EC2", () => ec2OnDouble(() => double.clients));
  },
);
