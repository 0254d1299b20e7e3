import { defined } from "../../../Core/defined";
import type { AccessVerdict, Authorizer } from "./authorizer";

/** Services that do not say for which of their resources they take a role. */
const SAY_NOTHING = ["ec2.amazonaws.com", "lambda.amazonaws.com"];

/**
 * Whether a service may take a role, by the role's trust policy. Asked before credentials of a function, an
 * instance, a workflow or a rule are given out or used.
 *
 * @param sourceArn the resource on whose behalf, e.g. a rule
 */
export const mayAssume = (
  authorize: Authorizer,
  service: string,
  roleArn: string,
  sourceArn?: string,
): Promise<AccessVerdict> => {
  const named = SAY_NOTHING.includes(service) ? undefined : sourceArn;
  return authorize({ kind: "service", service, ...defined({ sourceArn: named }) }, [
    { action: "sts:AssumeRole", resource: roleArn },
  ]);
};
