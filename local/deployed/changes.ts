/**
 * Which calls may change what is deployed. A call counts as one that changes something unless it is known not to:
 * one too many costs a few reads, one too few would leave a right standing that was taken away.
 */

const READS = /^(Get|List|Describe|BatchGet|Head|Lookup|Query$|Scan$|Estimate|Validate)/;

/** Calls that write data, of which no policy, tag or key is made. */
const WRITES_DATA: Readonly<Record<string, ReadonlySet<string>>> = {
  dynamodb: new Set([
    ...["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems"],
  ]),
  ec2: new Set(["CreateFleet", "RunInstances", "TerminateInstances", "StopInstances"]),
  events: new Set(["PutEvents"]),
  lambda: new Set(["Invoke", "RunMicrovm", "SuspendMicrovm", "ResumeMicrovm", "TerminateMicrovm"]),
  logs: new Set(["CreateLogStream", "PutLogEvents"]),
  monitoring: new Set(["PutMetricData"]),
  sns: new Set(["Publish", "PublishBatch"]),
  sqs: new Set([
    ...["SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"],
    ...["ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "PurgeQueue"],
  ]),
  states: new Set(["StartExecution", "StartSyncExecution", "StopExecution"]),
};

/** SAM puts built code there, and nothing of it decides a right. */
const NEVER = new Set(["s3", "xray"]);

/** What a call does to the deployment: nothing, something at once, or something that goes on after its answer. */
export type Change = "none" | "now" | "background";

/**
 * @param service the name under which the call is signed
 * @param operation method and path where the operation is not known
 */
export const changeOf = (service: string, operation: string): Change => {
  const isReading =
    NEVER.has(service) ||
    READS.test(operation) ||
    operation.startsWith("GET ") ||
    WRITES_DATA[service]?.has(operation) === true;
  if (isReading) return "none";
  return service === "cloudformation" ? "background" : "now";
};
