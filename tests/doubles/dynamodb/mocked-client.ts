import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { STACK_TABLES } from "./stack-tables";
import { DynamoTables } from "./tables";

const COMMANDS = {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
};

const mockDynamoDb = () => mockClient(DynamoDBClient);

export interface DynamoDouble {
  readonly client: DynamoDBClient;
  readonly mock: ReturnType<typeof mockDynamoDb>;
  readonly tables: DynamoTables["tables"];
  readonly tokens: readonly string[];
}

/** The stacks' tables behind a mocked client. A scanned page has one item, so that callers must read on. */
export const tablesDouble = (): DynamoDouble => {
  const dynamo = new DynamoTables(STACK_TABLES, { scan: 1 });
  const mock = mockDynamoDb();
  mock.onAnyCommand().callsFake((input) => {
    throw new Error(`Unplanned call: ${JSON.stringify(input)}`);
  });
  for (const [name, Command] of Object.entries(COMMANDS)) {
    mock.on(Command as typeof GetItemCommand).callsFake((input) => dynamo.run(name, input));
  }
  const { tables, tokens } = dynamo;
  return { client: new DynamoDBClient({ region: "eu-west-1" }), mock, tables, tokens };
};
