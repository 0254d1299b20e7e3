import { randomInt } from "node:crypto";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamoBootstrapRows } from "../../AutoScaler/src/adapters/dynamodb/bootstrap-rows";
import { dynamoDbClient } from "../../AutoScaler/src/adapters/dynamodb/client";
import { dynamoLedger } from "../../AutoScaler/src/adapters/dynamodb/ledger";
import { dynamoMappings } from "../../AutoScaler/src/adapters/dynamodb/mappings";
import { tableReads } from "../../AutoScaler/src/adapters/dynamodb/table-reads";
import { systemClock } from "../../AutoScaler/src/adapters/system-clock";
import { bootstrapRowsContract } from "../../AutoScaler/src/testing/contracts/bootstrap-rows-contract";
import { ledgerContract } from "../../AutoScaler/src/testing/contracts/ledger-contract";
import { mappingsContract } from "../../AutoScaler/src/testing/contracts/mappings-contract";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import { usageReader } from "../../Core/usage/usage-reader";
import { type Aws, startAws } from "../../local/laptop/aws";
import { clientSettings } from "../../local/laptop/client-settings";
import { openRunFolder, type RunFolder } from "../../local/laptop/run-folder";
import { TABLE_IDS, type TableId, tableDefinition } from "../templates/table-definition";

/** The contracts of the tables, with the shipped adapters and clients and the engine's DynamoDB. */

/** Table names of this run: an emulator that ran before keeps its tables. */
const suffix = randomInt(2 ** 40).toString(36);
const nameOf = (id: TableId): string => `${id}-${suffix}`;

const environment = process.env;
let run: RunFolder;
let aws: Aws;
let admin: DynamoDBClient;
let client: DynamoDBClient;

beforeAll(async () => {
  run = openRunFolder();
  const quiet = () => undefined;
  aws = await startAws(run, { apiOrigin: "", onCrash: quiet, log: quiet });
  admin = new DynamoDBClient(clientSettings(aws.env));
  for (const id of TABLE_IDS) await admin.send(new CreateTableCommand(tableDefinition(id, nameOf(id))));
  process.env = { ...environment, ...aws.env };
  client = dynamoDbClient();
}, 90_000);

afterAll(async () => {
  process.env = environment;
  client?.destroy();
  admin?.destroy();
  await aws?.close();
  await run?.close();
}, 30_000);

const timeout = { clock: systemClock, random: Math.random };
const rowsOf = () => dynamoBootstrapRows(client, nameOf("BootstrapTable"), timeout);

describe("the ledger on the engine", () => {
  ledgerContract(() => ({
    rows: rowsOf(),
    usage: usageReader(tableReads(client, nameOf("LedgerTable"))),
    ledger: dynamoLedger(client, {
      table: nameOf("LedgerTable"),
      bootstrapTable: nameOf("BootstrapTable"),
      ...timeout,
    }),
  }));
});

describe("the bootstrap table on the engine", () => {
  const TableName = nameOf("BootstrapTable");
  bootstrapRowsContract(() => ({
    rows: rowsOf(),
    put: async (row) => {
      await admin.send(new PutItemCommand({ TableName, Item: marshall(row) }));
    },
    read: async (key) => {
      const { Item } = await admin.send(new GetItemCommand({ TableName, Key: { key: { S: key } } }));
      return Item && (unmarshall(Item) as BootstrapRow);
    },
  }));
});

describe("the mapping table on the engine", () => {
  mappingsContract(() => ({
    mappings: dynamoMappings(client, nameOf("MappingTable")),
    put: async (row) => {
      await admin.send(new PutItemCommand({ TableName: nameOf("MappingTable"), Item: marshall(row) }));
    },
  }));
});
