import { ConfigurationError } from "../../../../Core/errors";
import type { CacheAccess, CacheScope } from "../../ports";
import { callAws } from "../aws-errors";
import type { StsApi } from "./client";

export interface CacheSettings {
  readonly roleArn: string;
  readonly bucket: string;
  readonly region: string;
}

/** STS's least, and its most for a role that is taken by a role, as that of a function is. */
const MIN_SECONDS = 900;
const MAX_SECONDS = 3_600;

/**
 * What is left of the role's rights: the objects of one project in one part. The slash after the id keeps project 1 from
 * project 11.
 */
const sessionPolicy = ({ roleArn, bucket }: CacheSettings, { path, projectId }: CacheScope): string => {
  const [, partition] = roleArn.split(":");
  const Resource = `arn:${partition}:s3:::${bucket}/${path}/project/${projectId}/*`;
  const Statement = [{ Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource }];
  return JSON.stringify({ Version: "2012-10-17", Statement });
};

const nearest = (seconds: number): number => Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, Math.ceil(seconds)));

/**
 * Credentials of the cache's role, narrowed by a session policy.
 *
 * @throws TransientError, ConfigurationError (see ports.ts)
 */
export const stsCacheAccess =
  (sts: StsApi, settings: CacheSettings): CacheAccess =>
  async (scope) => {
    const { Credentials } = await callAws(`AssumeRole of ${settings.roleArn}`, () =>
      sts.assumeRole({
        RoleArn: settings.roleArn,
        RoleSessionName: `${scope.path}-${scope.projectId}`,
        DurationSeconds: nearest(scope.seconds),
        Policy: sessionPolicy(settings, scope),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
      throw new ConfigurationError(`AssumeRole of ${settings.roleArn} gave no credentials`);
    }
    return {
      bucket: settings.bucket,
      region: settings.region,
      path: scope.path,
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    };
  };
