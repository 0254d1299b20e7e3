import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListTablesCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { DeleteParametersCommand, GetParametersByPathCommand } from "@aws-sdk/client-ssm";
import { PARAMETERS } from "../../Core/configuration";
import type { Context } from "../context";
import type { DeploymentNames } from "../deploy/names";
import { isNamed } from "../failures";

/** What stays when the stacks are gone. */
export interface KeptResources {
  /** Names of the mapping and ledger tables, those of earlier deployments of the same name too. */
  readonly tables: readonly string[];
  /** Names in Parameter Store. */
  readonly parameters: readonly string[];
}

const tablesOf = async (
  client: Pick<DynamoDBClient, "send">,
  { autoScaler }: DeploymentNames,
): Promise<readonly string[]> => {
  const prefixes = ["MappingTable", "LedgerTable"].map((id) => `${autoScaler}-${id}-`);
  const found: string[] = [];
  let ExclusiveStartTableName: string | undefined;
  do {
    const page = await client.send(new ListTablesCommand({ ExclusiveStartTableName }));
    found.push(
      ...(page.TableNames ?? []).filter((name) => prefixes.some((prefix) => name.startsWith(prefix))),
    );
    ExclusiveStartTableName = page.LastEvaluatedTableName;
  } while (ExclusiveStartTableName !== undefined);
  return found;
};

const parametersOf = async ({ clients }: Context, Path: string): Promise<readonly string[]> => {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await clients.ssm().send(new GetParametersByPathCommand({ Path, NextToken }));
    found.push(...(page.Parameters ?? []).flatMap(({ Name }) => Name ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
};

/** Looks for what the stacks do not take with them. */
export const findKept = async (context: Context, names: DeploymentNames): Promise<KeptResources> => ({
  tables: await tablesOf(context.clients.dynamoDb(), names),
  parameters: await parametersOf(context, names.configurationPath),
});

const PARAMETERS_PER_CALL = 10;
const LOOK_EVERY_MILLISECONDS = 2_000;

/** A table is protected against deletion, and takes no deletion while that is being changed. */
const deleteTable = async ({ clients, sleep }: Context, TableName: string): Promise<void> => {
  const client = clients.dynamoDb();
  await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (Table?.TableStatus !== "UPDATING") break;
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
  await client.send(new DeleteTableCommand({ TableName })).catch((error: unknown) => {
    if (!isNamed(error, "ResourceNotFoundException")) throw error;
  });
};

export const deleteParameters = async ({ clients }: Context, names: readonly string[]): Promise<void> => {
  for (let from = 0; from < names.length; from += PARAMETERS_PER_CALL) {
    const Names = names.slice(from, from + PARAMETERS_PER_CALL);
    await clients.ssm().send(new DeleteParametersCommand({ Names }));
  }
};

/** Deletes tables and what we stored ourselves. A parameter of the operator's own, such as an image's id, stays. */
export const deleteKept = async (context: Context, { tables, parameters }: KeptResources): Promise<void> => {
  for (const table of tables) await deleteTable(context, table);
  const ours: readonly string[] = Object.values(PARAMETERS);
  await deleteParameters(
    context,
    parameters.filter((name) => ours.includes(name.slice(name.lastIndexOf("/") + 1))),
  );
};
