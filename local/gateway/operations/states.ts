import { type Fields, requireText } from "./fields";
import type { NeedsOf, Operations } from "./need";

const onMachine =
  (action: string): NeedsOf<Fields> =>
  (fields) => [{ action: `states:${action}`, resource: requireText(fields, "stateMachineArn") }];

/** https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html */
export const STATES: Operations<Fields> = {
  StartExecution: onMachine("StartExecution"),
  StartSyncExecution: onMachine("StartSyncExecution"),
  DescribeStateMachine: onMachine("DescribeStateMachine"),
};
