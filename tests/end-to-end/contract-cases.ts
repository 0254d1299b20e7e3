import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamoBootstrapRows } from "../../AutoScaler/src/adapters/dynamo-bootstrap-rows";
import { dynamoLedger } from "../../AutoScaler/src/adapters/dynamo-ledger";
import { dynamoMappings } from "../../AutoScaler/src/adapters/dynamo-mappings";
import { bootstrapRowsContract } from "../../AutoScaler/src/domain/contracts/bootstrap-rows-contract";
import { ledgerContract } from "../../AutoScaler/src/domain/contracts/ledger-contract";
import { mappingsContract } from "../../AutoScaler/src/domain/contracts/mappings-contract";
import type { BootstrapRow } from "../../Core/bootstrap-row";
import { clientSettings } from "../../local/clients";
import type { TestLaptop } from "./engine";

/** A table with the keys and indexes of a deployed one, which the sweep does not look at. */
const emptyCopy = async (client: DynamoDBClient, name: string): Promise<string> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  const copy = `${name}-contract`;
  await client.send(
    new CreateTableCommand({
      TableName: copy,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: Table?.KeySchema,
      AttributeDefinitions: Table?.AttributeDefinitions,
      ...(indexes ? { GlobalSecondaryIndexes: indexes } : {}),
    }),
  );
  return copy;
};

const patience = { clock: { now: Date.now, sleep: async () => undefined }, random: Math.random };

/** The ports' contracts, with the shipped adapters on tables of the shipped templates' schema. */
export const contractCases = (get: () => TestLaptop): void => {
  let client: DynamoDBClient;
  let tables: { readonly ledger: string; readonly bootstrap: string; readonly mapping: string };

  beforeAll(async () => {
    const { env, stacks } = get().laptop;
    client = new DynamoDBClient(clientSettings(env));
    tables = {
      ledger: await emptyCopy(client, stacks.AutoScaler.outputs.LedgerTableName ?? ""),
      mapping: await emptyCopy(client, stacks.AutoScaler.outputs.MappingTableName ?? ""),
      bootstrap: await emptyCopy(client, stacks.Infrastructure.outputs.BootstrapTableName ?? ""),
    };
  }, 30_000);
  afterAll(() => client.destroy());

  const put = async (TableName: string, item: object): Promise<void> => {
    await client.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  };
  const rows = () => dynamoBootstrapRows(client, tables.bootstrap, patience);

  describe("ledger", () => {
    ledgerContract(() => ({
      ledger: dynamoLedger(client, { table: tables.ledger, bootstrapTable: tables.bootstrap, ...patience }),
      rows: rows(),
    }));
  });

  describe("bootstrap rows", () => {
    bootstrapRowsContract(() => ({
      rows: rows(),
      put: (row) => put(tables.bootstrap, row),
      read: async (key) => {
        const command = new GetItemCommand({
          TableName: tables.bootstrap,
          Key: marshall({ key }),
          ConsistentRead: true,
        });
        const { Item } = await client.send(command);
        return Item && (unmarshall(Item) as BootstrapRow);
      },
    }));
  });

  describe("mappings", () => {
    mappingsContract(() => ({
      mappings: dynamoMappings(client, tables.mapping),
      put: (row) => put(tables.mapping, row),
    }));
  });
};
