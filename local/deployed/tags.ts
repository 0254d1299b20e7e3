import { ListTagsOfResourceCommand } from "@aws-sdk/client-dynamodb";
import { DescribeTagsCommand } from "@aws-sdk/client-ec2";
import { ListTagsForResourceCommand as ListEventTagsCommand } from "@aws-sdk/client-eventbridge";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { ListTagsCommand } from "@aws-sdk/client-lambda";
import { ListTagsForResourceCommand as ListStateTagsCommand } from "@aws-sdk/client-sfn";
import { ListQueueTagsCommand } from "@aws-sdk/client-sqs";
import { ListTagsForResourceCommand as ListParameterTagsCommand } from "@aws-sdk/client-ssm";
import { type ArnParts, partsOf } from "./arn";
import type { EngineClients } from "./engine-clients";
import { orUndefined } from "./not-found";

export type ResourceTags = Readonly<Record<string, string>>;

type ReadTags = (clients: EngineClients, parts: ArnParts, arn: string) => Promise<ResourceTags | undefined>;

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const toMap = (tags: readonly Tag[] | undefined): ResourceTags =>
  Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

const ofTable: ReadTags = async ({ dynamoDb }, _, arn) => {
  const ResourceArn = arn.split("/").slice(0, 2).join("/");
  return toMap((await dynamoDb.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags);
};

const ofEc2: ReadTags = async ({ ec2 }, { name }) => {
  const Filters = [{ Name: "resource-id", Values: [name] }];
  return toMap((await ec2.send(new DescribeTagsCommand({ Filters }))).Tags);
};

const ofEvents: ReadTags = async ({ events }, _, arn) =>
  toMap((await events.send(new ListEventTagsCommand({ ResourceARN: arn }))).Tags);

const ofImage: ReadTags = async ({ readPath }, _, arn) => {
  const path = `/2025-09-09/microvm-images/${encodeURIComponent(arn)}`;
  const { tags } = JSON.parse((await readPath("lambda", path)).toString("utf8")) as { tags?: ResourceTags };
  return tags;
};

/** A version or alias has the tags of its function. */
const ofFunction: ReadTags = async ({ lambda }, _, arn) =>
  (await lambda.send(new ListTagsCommand({ Resource: arn.split(":").slice(0, 7).join(":") }))).Tags;

const ofQueue: ReadTags = async ({ sqs }, { account, resource }) =>
  (await sqs.send(new ListQueueTagsCommand({ QueueUrl: `http://localhost/${account}/${resource}` }))).Tags;

const ofParameter: ReadTags = async ({ ssm }, { name }) => {
  const asked = { ResourceType: "Parameter" as const, ResourceId: `/${name}` };
  return toMap((await ssm.send(new ListParameterTagsCommand(asked))).TagList);
};

const ofStates: ReadTags = async ({ states }, _, arn) => {
  const { tags = [] } = await states.send(new ListStateTagsCommand({ resourceArn: arn }));
  return toMap(tags.map(({ key, value }) => ({ Key: key, Value: value })));
};

const ofRole: ReadTags = async ({ iam }, { name }) =>
  toMap((await iam.send(new GetRoleCommand({ RoleName: name.slice(name.lastIndexOf("/") + 1) }))).Role?.Tags);

const READERS: Readonly<Record<string, ReadTags>> = {
  dynamodb: ofTable,
  ec2: ofEc2,
  events: ofEvents,
  iam: ofRole,
  lambda: (clients, parts, arn) =>
    (parts.kind === "microvm-image" ? ofImage : ofFunction)(clients, parts, arn),
  sqs: ofQueue,
  ssm: ofParameter,
  states: ofStates,
};

/** The tags of one resource in the engine; none where a pattern stands, or nothing is known of such resources. */
export const readTags = async (clients: EngineClients, arn: string): Promise<ResourceTags> => {
  const parts = partsOf(arn);
  // Images, and the parameters that AWS publishes, belong to no account.
  const isOne = parts.account !== "" && !/[*?]/.test(parts.resource);
  const read = isOne ? READERS[parts.service] : undefined;
  return (read && (await orUndefined(() => read(clients, parts, arn)))) ?? {};
};
