import { type Fields, mapsAt, textAt } from "./fields";
import { arnAt, type Need, type NeedsOf, type Operations, type Place } from "./need";

const busArn = (place: Place, name: string | undefined): string =>
  name?.startsWith("arn:") ? name : arnAt(place, "events", `event-bus/${name ?? "default"}`);

const texts = (entries: readonly Fields[], name: string): readonly string[] => [
  ...new Set(entries.flatMap((entry) => textAt(entry, name) ?? [])),
];

/** A key without any value is absent, as on AWS. */
const listed = (key: string, values: readonly string[]): Record<string, readonly string[]> =>
  values.length > 0 ? { [key]: values } : {};

/** One right for each bus, for all sources and kinds of its entries together. */
const putEvents: NeedsOf<Fields> = (fields, place) => {
  const entries = mapsAt(fields, "Entries");
  const busOf = (entry: Fields): string => busArn(place, textAt(entry, "EventBusName"));
  return [...new Set(entries.map(busOf))].map((bus): Need => {
    const own = entries.filter((entry) => busOf(entry) === bus);
    return {
      action: "events:PutEvents",
      resource: bus,
      context: {
        ...listed("events:source", texts(own, "Source")),
        ...listed("events:detail-type", texts(own, "DetailType")),
      },
    };
  });
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html */
export const EVENTS: Operations<Fields> = { PutEvents: putEvents };
