import { ROLE_TAG, STACK_TAG, TENANT_ISOLATION_TAG } from "../../../../Core/configuration";
import { ConfigurationError } from "../../../../Core/errors";
import type { Time } from "../../../../Core/model/ledger";
import type { Clock, RunnerFunctions } from "../../ports";
import { awsError, errorName } from "../aws-errors";
import type { LambdaApi } from "./client";

/** The tags of a function change with a deployment at most. */
const CACHE_MILLISECONDS = 300_000;

/** True while an answer read then may be used. One from the future tells nothing: the clock was set back. */
const isFresh = (kept: { readonly readAt: Time } | undefined, now: Time): boolean => {
  const age = kept === undefined ? Number.POSITIVE_INFINITY : now - kept.readAt;
  return age >= 0 && age < CACHE_MILLISECONDS;
};

/** Tags belong to the function, so a version or alias at the end of the ARN is cut off. */
const FUNCTION_ARN = /^(arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+)(?::[\w$-]+)?$/;

const unqualified = (arn: string): string => {
  const match = FUNCTION_ARN.exec(arn)?.[1];
  if (match === undefined) {
    throw new ConfigurationError(
      `${arn} is no ARN of a Lambda function: correct the mapping row or DefaultRunnerArn`,
    );
  }
  return match;
};

/**
 * Reads the tags of runner functions, so that a mapping row cannot name another function of the account
 * (T-17). Answers are kept for five minutes.
 *
 * @param deploymentId the value of `glr:stack` on our functions
 */
export const lambdaFunctions = (
  client: Pick<LambdaApi, "listTags">,
  deploymentId: string,
  clock: Pick<Clock, "now">,
): RunnerFunctions => {
  const known = new Map<string, { readonly isIsolated: boolean; readonly readAt: Time }>();

  const readTags = async (arn: string): Promise<Readonly<Record<string, string>>> => {
    try {
      return (await client.listTags({ Resource: unqualified(arn) })).Tags ?? {};
    } catch (error) {
      if (errorName(error) !== "ResourceNotFoundException") throw awsError(error, `ListTags of ${arn}`);
      throw new ConfigurationError(`There is no function ${arn}: deploy it, or name another one`, {
        cause: error,
      });
    }
  };

  const read = async (arn: string): Promise<boolean> => {
    const tags = await readTags(arn);
    if (tags[ROLE_TAG] !== "runner" || tags[STACK_TAG] !== deploymentId) {
      throw new ConfigurationError(
        `${arn} lacks the tags ${ROLE_TAG} = runner and ${STACK_TAG} = ${deploymentId}: map a runner function of this deployment`,
      );
    }
    return tags[TENANT_ISOLATION_TAG] === "on";
  };

  return {
    isTenantIsolated: async (arn) => {
      const kept = known.get(arn);
      if (kept !== undefined && isFresh(kept, clock.now())) return kept.isIsolated;
      const isIsolated = await read(arn);
      known.set(arn, { isIsolated, readAt: clock.now() });
      return isIsolated;
    },
  };
};
