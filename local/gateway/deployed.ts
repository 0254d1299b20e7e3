import type { Policy } from "../iam";

/** A role as it is deployed now. */
export interface DeployedRole {
  readonly arn: string;
  /** e.g. `AROA…`: with the session's name it is `aws:userid`. */
  readonly id: string;
  readonly identity: readonly Policy[];
  readonly boundary?: Policy;
  readonly tags: Readonly<Record<string, string>>;
}

/** What conditions on a launch ask of its template, in one version. */
export interface DeployedLaunchTemplate {
  /** e.g. `arn:aws:ec2:eu-west-1:123456789012:launch-template/lt-0123` */
  readonly arn: string;
  /** `resolve:ssm:…` as it is written. */
  readonly imageId?: string;
  readonly instanceType?: string;
  readonly instanceProfileArn?: string;
  readonly keyName?: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly marketType?: string;
  readonly httpEndpoint?: string;
  readonly httpTokens?: string;
  readonly hopLimit?: string;
  /** By resource type, e.g. `instance`. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface LaunchTemplateName {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string;
}

/** The partition keys of a table and of its indexes. */
export interface DeployedTable {
  readonly partitionKey: string;
  readonly indexes: Readonly<Record<string, string>>;
}

/** A parameter's kind. */
export interface DeployedParameter {
  readonly isSecure: boolean;
  /** The key that it is encrypted with, when it is secure. */
  readonly keyArn?: string;
}

/**
 * What is deployed at this moment. The gateway asks before each call, so an implementation keeps what it read
 * until a call that may change it has passed; it never answers from what was there at start-up.
 *
 * A method rejects with a PolicyError when a policy cannot be read: the call is then refused.
 */
export interface Deployed {
  role(arn: string): Promise<DeployedRole | undefined>;
  /** The role of an instance profile. */
  roleOfProfile(profileArn: string): Promise<string | undefined>;
  /**
   * The resource's own policies, those included that the engine does not take (a bus's), by its ARN. For a role
   * its trust policy, for a function what its permissions amount to, for a key its key policy. That of AWS's own
   * key for parameters lets everybody of the account use it through Parameter Store:
   * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
   */
  resourcePolicies(arn: string): Promise<readonly Policy[]>;
  /** The tags of a resource as AWS would carry them; an empty map for one without tags, or one unknown. */
  tags(arn: string): Promise<Readonly<Record<string, string>>>;
  table(arn: string): Promise<DeployedTable | undefined>;
  parameter(arn: string): Promise<DeployedParameter | undefined>;
  /** The ARNs of the parameters below a path that is given as an ARN. */
  parametersBelow(pathArn: string): Promise<readonly string[]>;
  /** The ARN of the image of a MicroVM; undefined for one that was never there. */
  microVmImage(microvmId: string): Promise<string | undefined>;
  launchTemplate(name: LaunchTemplateName): Promise<DeployedLaunchTemplate | undefined>;
}
