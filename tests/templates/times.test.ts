import { fullRunner, sampleRow } from "../../AutoScaler/src/testing/contracts/samples";
import { encodeItem } from "../../Core/ledger/codec";
import { asMap, at, ofType, readTemplate, resource, STACKS } from "./read-template";

const autoScaler = readTemplate("AutoScaler");

const DAY_SECONDS = 86_400;

describe("the reconciler", () => {
  const { properties } = resource(autoScaler, "ReconcilerFunction");

  it("I-26: ends before the next pass begins", () => {
    expect(resource(autoScaler, "ReconcilerSchedule").properties.ScheduleExpression).toBe("rate(1 minute)");
    // Seconds of the schedule's interval.
    expect(Number(properties.Timeout)).toBeLessThan(60);
  });

  it("I-26: is not called again for a pass that failed, since the next one does its work", () => {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = asMap(properties.EventInvokeConfig);
    expect([MaximumRetryAttempts, MaximumEventAgeInSeconds]).toEqual([0, 60]);
  });
});

it("F-58: messages of the dead-letter queue stay for the fourteen days that SQS allows", () => {
  const { properties } = resource(autoScaler, "DeadLetterQueue");
  expect(Number(properties.MessageRetentionPeriod) / DAY_SECONDS).toBe(14);
});

describe("items expire by the attribute that the code writes", () => {
  // Seconds since 1970, as DynamoDB's TTL wants it.
  const written = [encodeItem(fullRunner(1)).ttl?.N, String(sampleRow("key").ttl)];

  it.each(STACKS)("S-9: in the tables of %s", (stack) => {
    for (const ttl of written) expect(ttl).toMatch(/^\d{10}$/);
    const names = ofType(readTemplate(stack), "AWS::DynamoDB::Table").flatMap(({ properties }) =>
      properties.TimeToLiveSpecification === undefined
        ? []
        : [at(properties, "TimeToLiveSpecification", "AttributeName")],
    );
    expect(names.filter((name) => name !== "ttl")).toEqual([]);
  });
});
