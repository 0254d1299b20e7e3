import { type Fields, requireText } from "./fields";
import { arnAt, type NeedsOf, type Operations, type Place, UnclearCallError } from "./need";

/** `http://host/123456789012/name` and a name alone mean the same queue to the engine. */
const queueArn = (place: Place, url: string): string => {
  const name = url.split("/").at(-1);
  if (!name) throw new UnclearCallError("QueueUrl names no queue");
  return arnAt(place, "sqs", name);
};

const onQueue =
  (action: string): NeedsOf<Fields> =>
  (fields, place) => [
    { action: `sqs:${action}`, resource: queueArn(place, requireText(fields, "QueueUrl")) },
  ];

/** Batches need the right of the single call. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
export const SQS: Operations<Fields> = {
  SendMessage: onQueue("SendMessage"),
  SendMessageBatch: onQueue("SendMessage"),
  ReceiveMessage: onQueue("ReceiveMessage"),
  DeleteMessage: onQueue("DeleteMessage"),
  DeleteMessageBatch: onQueue("DeleteMessage"),
  ChangeMessageVisibility: onQueue("ChangeMessageVisibility"),
  ChangeMessageVisibilityBatch: onQueue("ChangeMessageVisibility"),
  GetQueueAttributes: onQueue("GetQueueAttributes"),
  PurgeQueue: onQueue("PurgeQueue"),
  GetQueueUrl: (fields, place) => [
    { action: "sqs:GetQueueUrl", resource: arnAt(place, "sqs", requireText(fields, "QueueName")) },
  ],
};
