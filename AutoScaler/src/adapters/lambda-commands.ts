import type {
  InvokeCommand as SdkInvokeCommand,
  ListTagsCommand as SdkListTagsCommand,
} from "@aws-sdk/client-lambda";
import { makeBuilder } from "@smithy/core/client";
import { getEndpointPlugin } from "@smithy/core/endpoints";
import type { StaticOperationSchema, StaticStructureSchema } from "@smithy/types";

/**
 * Lambda's Invoke and ListTags in the form that the SDK's protocols go by, as far as the product uses them: the
 * SDK's own file holds all of Lambda with all its errors, which every cold start would compile.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and API_ListTags.html
 */

const NAMESPACE = "com.amazonaws.lambda";

/** Smithy's numbers for simple shapes and for where a member stands in the request. */
const TEXT = 0;
const NUMBER = 1;
const BYTES = 21;
const MAP = 128;
const IN_PATH = 1;
const IS_BODY = 16;
const IS_STATUS = 32;
/** Marks a value as sensitive, so that the SDK's own logs would leave it out. */
const SENSITIVE = 8;

const structure = (
  name: string,
  members: Readonly<Record<string, unknown>>,
  required = 0,
): StaticStructureSchema =>
  [
    3,
    NAMESPACE,
    name,
    0,
    Object.keys(members),
    Object.values(members),
    required,
  ] as unknown as StaticStructureSchema;

const operation = (
  name: string,
  http: readonly [method: string, path: string, status: number],
  input: StaticStructureSchema,
  output: StaticStructureSchema,
): StaticOperationSchema =>
  [9, NAMESPACE, name, { http }, () => input, () => output] as unknown as StaticOperationSchema;

const inHeader = (httpHeader: string): unknown => [TEXT, { httpHeader }];
const body: unknown = [() => [0, NAMESPACE, "_Blob", SENSITIVE, BYTES], IS_BODY];

const invoke = operation(
  "Invoke",
  ["POST", "/2015-03-31/functions/{FunctionName}/invocations", 200],
  structure(
    "InvocationRequest",
    {
      FunctionName: [TEXT, IN_PATH],
      InvocationType: inHeader("X-Amz-Invocation-Type"),
      Payload: body,
      TenantId: inHeader("X-Amz-Tenant-Id"),
    },
    1,
  ),
  structure("InvocationResponse", { StatusCode: [NUMBER, IS_STATUS], Payload: body }),
);

const listTags = operation(
  "ListTags",
  ["GET", "/2017-03-31/tags/{Resource}", 200],
  structure("ListTagsRequest", { Resource: [TEXT, IN_PATH] }, 1),
  structure("ListTagsResponse", { Tags: MAP | TEXT }),
);

const ENDPOINT = {
  Endpoint: { type: "builtInParams", name: "endpoint" },
  Region: { type: "builtInParams", name: "region" },
} as const;

const build = makeBuilder(ENDPOINT, "AWSGirApiService", "LambdaClient", getEndpointPlugin);

/** Drop-in for the SDK's own InvokeCommand. */
export const InvokeCommand = build({}, () => [], "Invoke", invoke) as unknown as typeof SdkInvokeCommand;

/** Drop-in for the SDK's own ListTagsCommand. */
export const ListTagsCommand = build(
  {},
  () => [],
  "ListTags",
  listTags,
) as unknown as typeof SdkListTagsCommand;
