import { DescribeTableCommand, type DynamoDBClient, type KeySchemaElement } from "@aws-sdk/client-dynamodb";
import type { DeployedTable } from "../gateway";
import { partsOf } from "./arn";
import { orUndefined } from "./not-found";

const partitionKey = (schema: readonly KeySchemaElement[] | undefined): string =>
  schema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";

export const readTable = async (client: DynamoDBClient, arn: string): Promise<DeployedTable | undefined> => {
  const found = await orUndefined(() =>
    client.send(new DescribeTableCommand({ TableName: partsOf(arn).name })),
  );
  const table = found?.Table;
  if (table === undefined) return undefined;
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  return {
    partitionKey: partitionKey(table.KeySchema),
    indexes: Object.fromEntries(
      indexes.map(({ IndexName = "", KeySchema }) => [IndexName, partitionKey(KeySchema)]),
    ),
  };
};
