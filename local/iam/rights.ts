import type { Policy, Statement } from "./policy";

/** One action that one statement allows. */
export interface Right {
  readonly policy: string;
  readonly statement: string;
  /** As it is written, e.g. `dynamodb:GetItem`. */
  readonly action: string;
}

const allows = ({ effect, actions }: Statement): boolean => effect === "Allow" && !actions.isNegated;

/** Each right that a policy gives. */
export const rightsOf = ({ name, statements }: Policy): readonly Right[] =>
  statements
    .filter(allows)
    .flatMap(({ id, actions }) =>
      actions.entries.map(({ source }) => ({ policy: name, statement: id, action: source })),
    );

const without = (statement: Statement, action: string): readonly Statement[] => {
  const entries = statement.actions.entries.filter(({ source }) => source !== action);
  return entries.length === 0 ? [] : [{ ...statement, actions: { ...statement.actions, entries } }];
};

/** The policy as if one right had never been written into it. */
export const withoutRight = (policy: Policy, right: Right): Policy => {
  if (policy.name !== right.policy) return policy;
  const statements = policy.statements.flatMap((statement) =>
    statement.id === right.statement && allows(statement) ? without(statement, right.action) : [statement],
  );
  return { ...policy, statements };
};
