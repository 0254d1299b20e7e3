import { PolicyError } from "./policy-error";

/**
 * The condition keys that can be judged here. The laptop's gateway fills in what a call carries; a key of this
 * list that a call does not carry is absent, as on AWS. A name that ends in `/` or `:` takes a further part.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
const SINGLE: readonly string[] = [
  "aws:CurrentTime",
  "aws:EpochTime",
  "aws:PrincipalAccount",
  "aws:PrincipalArn",
  "aws:PrincipalIsAWSService",
  "aws:PrincipalServiceName",
  "aws:PrincipalTag/",
  "aws:PrincipalType",
  "aws:Referer",
  "aws:RequestedRegion",
  "aws:RequestTag/",
  "aws:ResourceAccount",
  "aws:ResourceTag/",
  "aws:SecureTransport",
  "aws:SourceAccount",
  "aws:SourceArn",
  "aws:SourceIp",
  "aws:SourceVpc",
  "aws:SourceVpce",
  "aws:TokenIssueTime",
  "aws:MultiFactorAuthAge",
  "aws:MultiFactorAuthPresent",
  "aws:UserAgent",
  "aws:userid",
  "aws:username",
  "aws:ViaAWSService",
  "dynamodb:EnclosingOperation",
  "dynamodb:ReturnConsumedCapacity",
  "dynamodb:ReturnValues",
  "dynamodb:Select",
  "ec2:CreateAction",
  "ec2:InstanceMarketType",
  "ec2:InstanceProfile",
  "ec2:InstanceType",
  "ec2:IsLaunchTemplateResource",
  "ec2:LaunchTemplate",
  "ec2:MetadataHttpEndpoint",
  "ec2:MetadataHttpPutResponseHopLimit",
  "ec2:MetadataHttpTokens",
  "ec2:ResourceTag/",
  "ec2:Subnet",
  "ec2:Vpc",
  "iam:PassedToService",
  "kms:CallerAccount",
  "kms:EncryptionContext:",
  "kms:ViaService",
  "lambda:FunctionArn",
  "lambda:SourceFunctionArn",
  "s3:prefix",
  "ssm:Overwrite",
  "ssm:Recursive",
];

const MULTIVALUED: readonly string[] = [
  "aws:CalledVia",
  "aws:PrincipalServiceNamesList",
  "aws:TagKeys",
  "dynamodb:Attributes",
  "dynamodb:LeadingKeys",
  "events:detail-type",
  "events:source",
  "kms:EncryptionContextKeys",
];

const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());
const takesMore = (name: string): boolean => /[/:]$/.test(name);

const exact = new Set(lower([...SINGLE, ...MULTIVALUED]).filter((name) => !takesMore(name)));
const families = lower(SINGLE).filter(takesMore);
const multivalued = new Set(lower(MULTIVALUED));

/** @throws PolicyError when the key cannot be judged here */
export const requireKnownKey = (key: string): void => {
  const name = key.toLowerCase();
  const isKnown = exact.has(name) || families.some((family) => name.startsWith(family) && name !== family);
  if (!isKnown) {
    throw new PolicyError(`The condition key ${key} is not known here: add it, with what fills it in`);
  }
};

/** Whether a request may carry many values of the key, so that a condition needs `ForAllValues` or `ForAnyValue`. */
export const isMultivalued = (key: string): boolean => multivalued.has(key.toLowerCase());

/** All keys that can be judged, families by their beginning. */
export const KNOWN_KEYS = { single: SINGLE, multivalued: MULTIVALUED };
