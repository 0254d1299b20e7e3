import { type Fields, requireText, textAt, textsAt } from "./fields";
import { arnAt, type Need, type NeedsOf, type Operations, type Place } from "./need";

const PUBLIC = "/aws/service/";

/** The ARN of a parameter, by name or ARN, whatever version or label is asked for. */
export const parameterArn = (place: Place, reference: string): string => {
  if (reference.startsWith("arn:")) return reference.split(":").slice(0, 6).join(":");
  const name = (reference.split(":")[0] ?? "").replace(/^\/?/, "/");
  const account = name.startsWith(PUBLIC) ? "" : place.account;
  return `arn:aws:ssm:${place.region}:${account}:parameter${name}`;
};

/** Parameter Store uses a key with the caller's rights, and says for which parameter. */
const keyNeed = (action: string, parameter: string, keyArn: string, place: Place): Need => ({
  action,
  resource: keyArn,
  context: {
    "kms:ViaService": `ssm.${place.region}.amazonaws.com`,
    "kms:CallerAccount": place.account,
    "kms:EncryptionContext:PARAMETER_ARN": parameter,
    "kms:EncryptionContextKeys": ["PARAMETER_ARN"],
  },
});

const decryption = async (fields: Fields, place: Place, parameter: string): Promise<readonly Need[]> => {
  if (fields.WithDecryption !== true) return [];
  const found = await place.deployed.parameter(parameter);
  return found?.isSecure && found.keyArn ? [keyNeed("kms:Decrypt", parameter, found.keyArn, place)] : [];
};

const read =
  (action: string, namesOf: (fields: Fields) => readonly string[]): NeedsOf<Fields> =>
  async (fields, place) => {
    const parameters = namesOf(fields).map((name) => parameterArn(place, name));
    const keys = await Promise.all(parameters.map((parameter) => decryption(fields, place, parameter)));
    return [...parameters.map((resource) => ({ action, resource })), ...keys.flat()];
  };

/** Asked on the path itself, not on what is below it; its keys are asked for one by one. */
const readPath: NeedsOf<Fields> = async (fields, place) => {
  const resource = parameterArn(place, requireText(fields, "Path").replace(/(?<=.)\/$/, ""));
  const below = fields.WithDecryption === true ? await place.deployed.parametersBelow(resource) : [];
  const keys = await Promise.all(below.map((parameter) => decryption(fields, place, parameter)));
  const context = { "ssm:Recursive": String(fields.Recursive === true) };
  return [{ action: "ssm:GetParametersByPath", resource, context }, ...keys.flat()];
};

const write: NeedsOf<Fields> = (fields, place) => {
  const resource = parameterArn(place, requireText(fields, "Name"));
  const context = { "ssm:Overwrite": String(fields.Overwrite === true) };
  const key = textAt(fields, "KeyId") ?? "alias/aws/ssm";
  const keyArn = key.startsWith("arn:") ? key : arnAt(place, "kms", key);
  const encryption =
    textAt(fields, "Type") === "SecureString" ? [keyNeed("kms:Encrypt", resource, keyArn, place)] : [];
  return [{ action: "ssm:PutParameter", resource, context }, ...encryption];
};

const onParameter =
  (action: string): NeedsOf<Fields> =>
  (fields, place) => [{ action, resource: parameterArn(place, requireText(fields, "Name")) }];

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html */
export const SSM: Operations<Fields> = {
  GetParameter: read("ssm:GetParameter", (fields) => [requireText(fields, "Name")]),
  GetParameters: read("ssm:GetParameters", (fields) => textsAt(fields, "Names")),
  GetParametersByPath: readPath,
  PutParameter: write,
  DeleteParameter: onParameter("ssm:DeleteParameter"),
  DescribeParameters: () => [{ action: "ssm:DescribeParameters", resource: "*" }],
};
