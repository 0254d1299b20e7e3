import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type DlqMessage, readDlqMessage } from "./read-message";

/** A message in hand: nobody else sees it until it is deleted, released, or its time is over. */
export interface HeldDlqMessage {
  readonly receipt: string;
  readonly letter: DlqMessage;
  /** Why it died, as the rule noted it. */
  readonly reason: string;
}

const HOLD_SECONDS = 300;
const EMPTY_ANSWERS = 2;

/** The queue of what rules and functions gave up. */
export class Dlq {
  constructor(
    private readonly client: Pick<SQSClient, "send">,
    private readonly url: string,
  ) {}

  /** About how many there are. */
  async depth(): Promise<number> {
    const answer = await this.client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.url,
        AttributeNames: ["ApproximateNumberOfMessages"],
      }),
    );
    return Number(answer.Attributes?.ApproximateNumberOfMessages ?? 0);
  }

  /** Takes up to `limit` messages in hand. */
  async take(limit: number): Promise<readonly HeldDlqMessage[]> {
    const held: HeldDlqMessage[] = [];
    for (let empty = 0; empty < EMPTY_ANSWERS && held.length < limit; ) {
      const answer = await this.client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url,
          MaxNumberOfMessages: Math.min(10, limit - held.length),
          VisibilityTimeout: HOLD_SECONDS,
          MessageAttributeNames: ["All"],
        }),
      );
      const messages = answer.Messages ?? [];
      empty = messages.length === 0 ? empty + 1 : 0;
      held.push(
        ...messages.map(({ Body, ReceiptHandle, MessageAttributes }) => ({
          receipt: ReceiptHandle ?? "",
          letter: readDlqMessage(Body ?? ""),
          reason: MessageAttributes?.ERROR_CODE?.StringValue ?? "",
        })),
      );
    }
    return held;
  }

  async remove({ receipt }: HeldDlqMessage): Promise<void> {
    await this.client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receipt }));
  }

  /** Releases a message: it can be seen again at once. */
  async release({ receipt }: HeldDlqMessage): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: receipt,
        VisibilityTimeout: 0,
      }),
    );
  }
}
