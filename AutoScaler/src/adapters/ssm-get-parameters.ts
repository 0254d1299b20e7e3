import type { GetParametersCommandInput, GetParametersCommandOutput } from "@aws-sdk/client-ssm";
import { makeBuilder } from "@smithy/core/client";
import { getEndpointPlugin } from "@smithy/core/endpoints";
import type { StaticListSchema, StaticOperationSchema, StaticStructureSchema } from "@smithy/types";

/**
 * Parameter Store's GetParameters in the form that the SDK's protocols go by. The SDK's own file of such shapes
 * holds the whole of Systems Manager with all its errors, which every cold start would compile.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 */

const NAMESPACE = "com.amazonaws.ssm";

/** Smithy's numbers for simple shapes. */
const TEXT = 0;
const NUMBER = 1;
const FLAG = 2;
const LIST = 64;
/** Marks a value as sensitive, so that the SDK's own logs would leave it out. */
const SENSITIVE = 8;

const structure = (name: string, members: Readonly<Record<string, unknown>>): StaticStructureSchema =>
  [3, NAMESPACE, name, 0, Object.keys(members), Object.values(members)] as unknown as StaticStructureSchema;

const parameter = structure("Parameter", {
  Name: TEXT,
  Type: TEXT,
  Value: [() => [0, NAMESPACE, "PSParameterValue", SENSITIVE, TEXT], 0],
  Version: NUMBER,
});
const parameterList: StaticListSchema = [1, NAMESPACE, "ParameterList", 0, () => parameter];
const request = structure("GetParametersRequest", { Names: LIST | TEXT, WithDecryption: FLAG });
const result = structure("GetParametersResult", {
  Parameters: () => parameterList,
  InvalidParameters: LIST | TEXT,
});
const operation: StaticOperationSchema = [9, NAMESPACE, "GetParameters", 0, () => request, () => result];

const ENDPOINT = {
  Endpoint: { type: "builtInParams", name: "endpoint" },
  Region: { type: "builtInParams", name: "region" },
} as const;

const build = makeBuilder(ENDPOINT, "AmazonSSM", "SSMClient", getEndpointPlugin);

type GetParametersConstructor = new (
  input: GetParametersCommandInput,
) => {
  readonly input: GetParametersCommandInput;
};

/** Drop-in for the SDK's own GetParametersCommand. */
export const GetParametersCommand = build(
  {},
  () => [],
  "GetParameters",
  operation,
) as unknown as GetParametersConstructor;

/** What sends it: Parameter Store's client, ours or the SDK's. */
export interface ParameterStoreClient {
  send(command: InstanceType<GetParametersConstructor>): Promise<GetParametersCommandOutput>;
}
