import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Ec2Event } from "../ec2";
import type { Aws } from "./aws";

/** Puts events on the default bus, as EC2 does. */
export const ec2EventPutter = ({
  asAws,
  eventsKey,
}: Pick<Aws, "asAws" | "eventsKey">): ((event: Ec2Event) => Promise<unknown>) => {
  const client = new EventBridgeClient(asAws);
  return ({ detailType, detail, resources }) => {
    const what = { Source: "aws.ec2", DetailType: detailType, Detail: JSON.stringify(detail) };
    return client.send(
      new PutEventsCommand({
        Entries: [{ ...what, Resources: [...resources], TraceHeader: eventsKey }],
      }),
    );
  };
};
