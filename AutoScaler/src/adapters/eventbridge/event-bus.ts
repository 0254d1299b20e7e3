import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";
import type { EventBus, OurEvent } from "../../ports";
import { callAws } from "../aws-errors";

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const ENTRIES_PER_CALL = 10;
const SOURCE = "gitlab.reconciler";

/** A job in the form of GitLab's webhook. The attempt is a hint against duplicates. */
const jobDetail = ({ job, attempt }: Extract<OurEvent, { detailType: "GitLabJobEvent" }>) => ({
  object_kind: "build",
  build_id: job.id,
  build_name: job.name,
  build_status: job.status,
  project_id: job.projectId,
  runner: job.runnerId === undefined ? null : { id: job.runnerId },
  ...defined({ attempt }),
});

const detail = (event: OurEvent): object => {
  if (event.detailType === "GitLabJobEvent") return jobDetail(event);
  const { detailType: _, ...rest } = event;
  return rest;
};

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly EventBusName: string;
  readonly Detail: string;
}

/**
 * Puts events on the bus, ten in a call.
 *
 * @throws TransientError with the error codes if an entry failed; the answer is then an HTTP 200 (F-8).
 *   Entries may have been put; a repeat puts them twice, which changes nothing (I-6)
 */
export const eventBridgeBus = (client: Pick<EventBridgeClient, "send">, busName: string): EventBus => {
  const putTen = async (Entries: Entry[]): Promise<void> => {
    const answer = await callAws(`PutEvents on ${busName}`, () =>
      client.send(new PutEventsCommand({ Entries })),
    );
    if (!answer.FailedEntryCount) return;
    const codes = new Set((answer.Entries ?? []).flatMap(({ ErrorCode }) => ErrorCode ?? []));
    throw new TransientError(
      `PutEvents on ${busName} left ${answer.FailedEntryCount} of ${Entries.length} out (${[...codes].join(", ")})`,
    );
  };
  const putAll = async (entries: readonly Entry[]): Promise<void> => {
    for (let start = 0; start < entries.length; start += ENTRIES_PER_CALL) {
      await putTen(entries.slice(start, start + ENTRIES_PER_CALL));
    }
  };
  const ourEntry = (event: OurEvent): Entry => ({
    EventBusName: busName,
    Source: SOURCE,
    DetailType: event.detailType,
    Detail: JSON.stringify(detail(event)),
  });
  return { put: (events) => putAll(events.map(ourEntry)), tell: putAll };
};
