import { DescribeParametersCommand, paginateGetParametersByPath, type SSMClient } from "@aws-sdk/client-ssm";
import { defined } from "../../Core/defined";
import type { DeployedParameter } from "../gateway";
import { partsOf } from "./arn";

const keyArnOf = (keyId: string, region: string, account: string): string =>
  keyId.startsWith("arn:")
    ? keyId
    : `arn:aws:kms:${region}:${account}:${keyId.startsWith("alias/") ? keyId : `key/${keyId}`}`;

/** `…:parameter/a/b` → `/a/b` */
const nameOf = (arn: string): string => `/${partsOf(arn).name}`;

export const readParameter = async (
  ssm: SSMClient,
  region: string,
  arn: string,
): Promise<DeployedParameter | undefined> => {
  const ParameterFilters = [{ Key: "Name", Option: "Equals", Values: [nameOf(arn)] }];
  const { Parameters = [] } = await ssm.send(new DescribeParametersCommand({ ParameterFilters }));
  const found = Parameters.find(({ Name }) => Name === nameOf(arn));
  if (found === undefined) return undefined;
  const isSecure = found.Type === "SecureString";
  const keyId = found.KeyId || "alias/aws/ssm";
  const keyArn = isSecure ? keyArnOf(keyId, region, partsOf(arn).account) : undefined;
  return { isSecure, ...defined({ keyArn }) };
};

export const readParametersBelow = async (ssm: SSMClient, pathArn: string): Promise<readonly string[]> => {
  const arns: string[] = [];
  const asked = { Path: nameOf(pathArn), Recursive: true };
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, asked)) {
    for (const { Name = "" } of Parameters)
      arns.push(pathArn.replace(/:parameter\/.*$/s, `:parameter${Name}`));
  }
  return arns;
};
