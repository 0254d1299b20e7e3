import { type ConditionContext, evaluate, type Policies, type Policy, type Principal, parsePolicy } from ".";

export const ACCOUNT = "111122223333";
export const OTHER_ACCOUNT = "444455556666";

export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/worker`;
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/one`;

export const SESSION: Principal = {
  kind: "role-session",
  roleArn: ROLE_ARN,
  sessionArn: SESSION_ARN,
  account: ACCOUNT,
};

export const QUEUE = `arn:aws:sqs:eu-west-1:${ACCOUNT}:jobs`;

/** A policy of version 2012-10-17 from its statements. */
export const policy = (...statements: readonly object[]): Policy =>
  parsePolicy("case", { Version: "2012-10-17", Statement: statements });

export const ALL = policy({ Effect: "Allow", Action: "*", Resource: "*" });

/** The verdict on sending to a queue. */
export const verdict = (
  policies: Policies,
  context: ConditionContext = {},
  principal: Principal = SESSION,
  resource = QUEUE,
): string => evaluate(principal, policies, { action: "sqs:SendMessage", resource, context }).kind;

/** Whether a condition block is met. */
export const isMet = (condition: object, context: ConditionContext): boolean =>
  verdict(
    { identity: [policy({ Effect: "Allow", Action: "*", Resource: "*", Condition: condition })] },
    context,
  ) === "allowed";

/** A policy variable, e.g. `${aws:userid}`. */
export const variable = (name: string): string => `\${${name}}`;
