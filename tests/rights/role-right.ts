import type { Granted, RoleRight } from "../../local/gateway";

/** For messages: `UnregisterRunnerRole-1A2B: dynamodb:DeleteItem (unregister-runner #0)`. */
export const nameOf = ({ roleArn, right }: RoleRight): string =>
  `${roleName(roleArn)}: ${right.action} (${right.policy.split("/").at(-1)} ${right.statement})`;

export const roleName = (roleArn: string): string => roleArn.slice(roleArn.lastIndexOf("/") + 1);

const fits = (pattern: string, action: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.$^()|[\]{}\\+]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
    "i",
  ).test(action);

/** Whether a call was allowed by this right, be it alone or with others. */
export const isUsedBy = ({ roleArn, right }: RoleRight, { caller, need, by }: Granted): boolean =>
  caller.kind === "role" &&
  caller.roleArn === roleArn &&
  fits(right.action, need.action) &&
  by.some(({ policy, statement }) => policy === right.policy && statement === right.statement);

/** Whether a refusal tells of this right's want: by a session of its role, and an action that it allows. */
export const isNamedIn = ({ roleArn, right }: RoleRight, message: string): boolean => {
  const action = /not authorized to perform: (\S+)/.exec(message)?.[1] ?? "";
  return message.includes(`:assumed-role/${roleName(roleArn)}/`) && fits(right.action, action);
};
