import { GetResourcePolicyCommand } from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { GetPolicyCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { type Policy, PolicyError, parsePolicy } from "../iam";
import { type ArnParts, partsOf } from "./arn";
import type { EngineClients } from "./engine-clients";
import { orUndefined } from "./not-found";
import { readTrust } from "./roles";

type ReadDocument = (clients: EngineClients, parts: ArnParts, arn: string) => Promise<string | undefined>;

const ofBus: ReadDocument = async ({ events }, { name }) =>
  (await orUndefined(() => events.send(new DescribeEventBusCommand({ Name: name }))))?.Policy;

const queueUrl = ({ account, resource }: ArnParts): string => `http://localhost/${account}/${resource}`;

const ofQueue: ReadDocument = async ({ sqs }, parts) => {
  const asked = { QueueUrl: queueUrl(parts), AttributeNames: ["Policy" as const] };
  const found = await orUndefined(() => sqs.send(new GetQueueAttributesCommand(asked)));
  return found?.Attributes?.Policy;
};

/** An index has the policy of its table. */
const ofTable: ReadDocument = async ({ dynamoDb }, _, arn) => {
  const ResourceArn = arn.split("/").slice(0, 2).join("/");
  const found = await orUndefined(() => dynamoDb.send(new GetResourcePolicyCommand({ ResourceArn })));
  return found?.Policy;
};

const ofFunction: ReadDocument = async ({ lambda }, { name }) => {
  const [FunctionName, Qualifier] = name.split(":");
  const asked = { FunctionName, ...(Qualifier ? { Qualifier } : {}) };
  return (await orUndefined(() => lambda.send(new GetPolicyCommand(asked))))?.Policy;
};

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
  amp: "&",
};

const plainXml = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|#39|amp);/g, (whole, name: string) => ENTITIES[name] ?? whole);

/** `GetTopicAttributes`, whose answer lists `<entry><key>Policy</key><value>…</value></entry>`. */
const ofTopic: ReadDocument = async ({ raw }, _, arn) => {
  const form = new URLSearchParams({ Action: "GetTopicAttributes", Version: "2010-03-31", TopicArn: arn });
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const { status, text } = await raw({ service: "sns", headers, body: form.toString() });
  if (status !== 200) return undefined;
  const value = /<key>Policy<\/key>\s*<value>([^<]*)<\/value>/.exec(text)?.[1];
  return value === undefined ? undefined : plainXml(value);
};

const ofKey: ReadDocument = async ({ raw }, { name }) => {
  const headers = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "TrentService.GetKeyPolicy",
  };
  const body = JSON.stringify({ KeyId: name, PolicyName: "default" });
  const { status, text } = await raw({ service: "kms", headers, body });
  const answer: unknown = JSON.parse(text || "{}");
  const { Policy: document } = answer as { readonly Policy?: unknown };
  if (status !== 200 || typeof document !== "string") throw new PolicyError(`The key ${name} has no policy`);
  return document;
};

/** The policy of an object's bucket. */
const ofBucket: ReadDocument = async ({ readPath }, { resource }) => {
  const [bucket = ""] = resource.split("/");
  try {
    return (await readPath("s3", `/${bucket}?policy`)).toString("utf8");
  } catch (error) {
    if (error instanceof Error && error.message.includes(" 404 ")) return undefined;
    throw error;
  }
};

/** By service and, for IAM, kind. */
const READERS: Readonly<Record<string, ReadDocument>> = {
  dynamodb: ofTable,
  events: ofBus,
  kms: ofKey,
  lambda: ofFunction,
  s3: ofBucket,
  sns: ofTopic,
  sqs: ofQueue,
};

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk */
const parameterKeyPolicy = (account: string, region: string): Policy =>
  parsePolicy("alias/aws/ssm", {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ThroughParameterStore",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Resource: "*",
        Condition: {
          StringEquals: { "kms:CallerAccount": account, "kms:ViaService": `ssm.${region}.amazonaws.com` },
        },
      },
    ],
  });

/** The policies that a resource itself has. @throws PolicyError when one cannot be read */
export const readResourcePolicies = async (
  clients: EngineClients,
  region: string,
  arn: string,
): Promise<readonly Policy[]> => {
  const parts = partsOf(arn);
  if (parts.service === "iam") return parts.kind === "role" ? readTrust(clients.iam, arn) : [];
  if (parts.resource === "alias/aws/ssm") return [parameterKeyPolicy(parts.account, region)];
  const isOne = !/[*?]/.test(parts.resource) && (parts.service !== "events" || parts.kind === "event-bus");
  const document = isOne ? await READERS[parts.service]?.(clients, parts, arn) : undefined;
  return document ? [parsePolicy(arn, JSON.parse(document))] : [];
};
