import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { readTemplate, resource } from "./read-template";

const OF_STACK = {
  LedgerTable: "AutoScaler",
  MappingTable: "AutoScaler",
  BootstrapTable: "Infrastructure",
} as const;
export type TableId = keyof typeof OF_STACK;
export const TABLE_IDS = Object.keys(OF_STACK) as readonly TableId[];

/** A shipped table with its keys and indexes, so that a change of them is tested on whatever plays DynamoDB. */
export const tableDefinition = (id: TableId, TableName: string): CreateTableCommandInput => {
  const { properties } = resource(readTemplate(OF_STACK[id]), id);
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = properties;
  const indexes = GlobalSecondaryIndexes === undefined ? {} : { GlobalSecondaryIndexes };
  return {
    TableName,
    ...({ AttributeDefinitions, KeySchema, BillingMode, ...indexes } as object),
  } as CreateTableCommandInput;
};
