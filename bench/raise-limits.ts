import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { SETTINGS_KEY } from "../Core/routing/settings-row";
import { clientSettings } from "../local/laptop/client-settings";
import type { Laptop } from "../local/laptop/laptop";

/** Lets so many runners be there at a time: a benchmark is not to wait for a slot. */
export const raiseLimits = async ({ env, stacks }: Laptop, runners: number): Promise<void> => {
  const { MappingTableName: TableName } = stacks.AutoScaler.outputs;
  const row = { pk: SETTINGS_KEY, sk: SETTINGS_KEY, maxRunners: runners, maxRunnersPerClass: runners };
  const client = new DynamoDBClient(clientSettings(env));
  await client.send(new PutItemCommand({ TableName, Item: marshall(row) }));
  client.destroy();
};
