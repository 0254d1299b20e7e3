import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListTablesCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { DeregisterImageCommand, DescribeImagesCommand } from "@aws-sdk/client-ec2";
import { DeleteParametersCommand } from "@aws-sdk/client-ssm";
import { PARAMETERS, STACK_TAG } from "../../Core/configuration";
import type { Context } from "../context";
import type { DeploymentNames } from "../deploy/names";
import { isNamed } from "../failures";
import { storedUnder } from "../stored-parameters";
import { deleteCacheBucket, findCacheBuckets } from "./cache-bucket";

/** What stays when the stacks are gone. */
export interface KeptResources {
  /** Names of the mapping and ledger tables, those of earlier deployments of the same name too. */
  readonly tables: readonly string[];
  /** Names in Parameter Store. */
  readonly parameters: readonly string[];
  /** Ids of the images that `image build` made for EC2 runners. */
  readonly images: readonly string[];
  /** Names of the buckets of jobs' caches. */
  readonly buckets: readonly string[];
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

/** What the stacks themselves publish, and take with them. */
const OF_STACKS = ["infrastructure", "lambda-shell-runner", "microvm"];

const readParameters = async ({ clients }: Context, Path: string): Promise<readonly string[]> => {
  const isKept = (name: string): boolean =>
    !OF_STACKS.some((folder) => name.startsWith(`${Path}/${folder}/`));
  return [...(await storedUnder(clients.ssm(), Path)).keys()].filter(isKept);
};

const imagesOf = async ({ clients }: Context, deploymentId: string): Promise<readonly string[]> => {
  const Filters = [{ Name: `tag:${STACK_TAG}`, Values: [deploymentId] }];
  const { Images = [] } = await clients.ec2().send(new DescribeImagesCommand({ Owners: ["self"], Filters }));
  return Images.flatMap(({ ImageId }) => ImageId ?? []);
};

/** Looks for what the stacks do not take with them. */
export const findKept = async (context: Context, names: DeploymentNames): Promise<KeptResources> => ({
  tables: await tablesOf(context.clients.dynamoDb(), names),
  parameters: await readParameters(context, names.configurationPath),
  images: await imagesOf(context, names.infrastructure),
  buckets: await findCacheBuckets(context, names.infrastructure),
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

/** What we stored ourselves: secrets, and which images `image build` made. */
const isOurs = (path: string, name: string): boolean => {
  const ours: readonly string[] = Object.values(PARAMETERS);
  const own = name.slice(path.length + 1);
  return ours.includes(own) || own.startsWith("images/");
};

/** Deletes tables, images, caches, and the parameters that are ours. An operator's own parameter stays. */
export const deleteKept = async (context: Context, names: DeploymentNames): Promise<void> => {
  const { tables, images, buckets, parameters } = await findKept(context, names);
  for (const table of tables) await deleteTable(context, table);
  await deleteParameters(
    context,
    parameters.filter((name) => isOurs(names.configurationPath, name)),
  );
  const ec2 = context.clients.ec2();
  for (const ImageId of images)
    await ec2.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
  for (const bucket of buckets) await deleteCacheBucket(context, bucket);
};
