import type { QueryNode } from "../../ec2/api/query-form";
import { DYNAMODB } from "./dynamodb";
import { EC2 } from "./ec2";
import { EVENTS } from "./events";
import type { Fields } from "./fields";
import { LAMBDA, LAMBDA_PATHS, type PathInput } from "./lambda/lambda";
import { MICROVM_PATHS, MICROVMS } from "./lambda/microvms";
import { LOGS } from "./logs/logs";
import type { Operations } from "./need";
import { CLOUDFORMATION, IAM, STS } from "./query-services";
import { SERVICE_QUOTAS } from "./quotas";
import { SQS } from "./sqs";
import { SSM } from "./ssm";
import { STATES } from "./states";

/** How a service is spoken to, and what its calls need. An operation that is not listed is unknown. */
export type Service =
  | { readonly protocol: "json"; readonly target: string; readonly operations: Operations<Fields> }
  | { readonly protocol: "query"; readonly operations: Operations<QueryNode> }
  | {
      readonly protocol: "path";
      readonly paths: typeof LAMBDA_PATHS;
      readonly operations: Operations<PathInput>;
    };

const json = (target: string, operations: Operations<Fields>): Service => ({
  protocol: "json",
  target,
  operations,
});
const query = (operations: Operations<QueryNode>): Service => ({ protocol: "query", operations });

/** By the name under which calls are signed. */
export const SERVICES: Readonly<Record<string, Service>> = {
  cloudformation: query(CLOUDFORMATION),
  dynamodb: json("DynamoDB_20120810", DYNAMODB),
  ec2: query(EC2),
  events: json("AWSEvents", EVENTS),
  iam: query(IAM),
  lambda: {
    protocol: "path",
    paths: [...LAMBDA_PATHS, ...MICROVM_PATHS],
    operations: { ...LAMBDA, ...MICROVMS },
  },
  logs: json("Logs_20140328", LOGS),
  servicequotas: json("ServiceQuotasV20190624", SERVICE_QUOTAS),
  sqs: json("AmazonSQS", SQS),
  ssm: json("AmazonSSM", SSM),
  states: json("AWSStepFunctions", STATES),
  sts: query(STS),
};
