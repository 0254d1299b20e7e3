import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { jobWebhookPayload } from "../../local/gitlab";
import { clientSettings } from "../../local/laptop/client-settings";
import { type TestLaptop, until } from "../end-to-end/engine";
import { runners } from "../end-to-end/tools-cases";

/**
 * No attack of somebody else's: the bus defends itself against its own operator. What the webhook's rule could not
 * deliver has the webhook's source, under which the bus takes nothing but from the API; redrive has to work all the same.
 */

const LETTER = {
  source: "gitlab.webhook",
  "detail-type": "GitLabJobEvent",
  detail: jobWebhookPayload({ build_id: 15_999_999_998, build_status: "pending", project_id: 42 }),
};

export const redrive = (get: () => TestLaptop): void => {
  it("speaks as the webhook to no avail, whatever rights an operator has", async () => {
    const { env, stacks } = get().laptop;
    const client = new EventBridgeClient(clientSettings(env));
    const Entries = [
      {
        EventBusName: stacks.Infrastructure.outputs.EventBusName,
        Source: LETTER.source,
        DetailType: LETTER["detail-type"],
        Detail: JSON.stringify(LETTER.detail),
      },
    ];
    const putting = client.send(new PutEventsCommand({ Entries }));
    await expect(putting).rejects.toMatchObject({ name: "AccessDeniedException" });
    client.destroy();
  });

  it("sends a letter with the webhook's source again, and the job is looked up", async () => {
    const test = get();
    const { env, stacks } = test.laptop;
    const client = new SQSClient(clientSettings(env));
    const QueueUrl = stacks.AutoScaler.outputs.DeadLetterQueueUrl;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(LETTER) }));
    client.destroy();
    const from = test.calls.length;
    expect(await runners(test, "redrive", "--yes", "--json")).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/"sent":\s*1/),
    });
    await until("the look-up of its job is over", 40_000, () =>
      test.calledSince(from).includes("LookUpRunnerFunction"),
    );
  }, 90_000);
};
