/** A metric that AWS emits, under each of these sets of dimensions. */
export interface AwsMetrics {
  /** The page that says so. */
  readonly source: string;
  /** Metric → sets of dimensions. An empty set is the total of the account and region. */
  readonly metrics: Readonly<Record<string, readonly (readonly string[])[]>>;
}

/**
 * What AWS emits, of the namespaces that the templates' alarms watch and the dashboard shows. An alarm or a widget on anything else never has data, and
 * CloudWatch does not say so.
 */
export const AWS_METRICS: Readonly<Record<string, AwsMetrics>> = {
  "AWS/ApiGateway": {
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html",
    metrics: {
      "4xx": [["ApiId"], ["ApiId", "Stage"]],
      "5xx": [["ApiId"], ["ApiId", "Stage"]],
      Count: [["ApiId"], ["ApiId", "Stage"]],
    },
  },
  "AWS/Events": {
    source: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html",
    metrics: {
      // Rules of the default bus have no bus as a dimension; those of other buses have both.
      MatchedEvents: [["EventBusName"], ["RuleName"], ["EventBusName", "RuleName"]],
      PutEventsFailedEntriesCount: [[]],
    },
  },
  "AWS/Lambda": {
    source: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    metrics: {
      AsyncEventsDropped: [["FunctionName"]],
      Errors: [[], ["FunctionName"]],
      Invocations: [[], ["FunctionName"]],
      Throttles: [[], ["FunctionName"]],
    },
  },
  "AWS/SQS": {
    source:
      "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    metrics: {
      ApproximateAgeOfOldestMessage: [["QueueName"]],
      ApproximateNumberOfMessagesVisible: [["QueueName"]],
    },
  },
  "AWS/States": {
    source: "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
    metrics: {
      ExecutionsFailed: [["StateMachineArn"]],
      ExecutionsTimedOut: [["StateMachineArn"]],
    },
  },
};

/**
 * What stands for a resource in each dimension: the return values of its type.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
 */
export const DIMENSION_VALUES: Readonly<Record<string, readonly [type: string, value: "Ref" | string]>> = {
  ApiId: ["AWS::ApiGatewayV2::Api", "Ref"],
  FunctionName: ["AWS::Serverless::Function", "Ref"],
  QueueName: ["AWS::SQS::Queue", "QueueName"],
  StateMachineArn: ["AWS::Serverless::StateMachine", "Ref"],
};
