import { dayOf, dayStart } from "../../../Core/usage/days";
import { testSystem } from "../testing/fakes/test-system";
import { tellObjective } from "./tell-objective";

const HOUR = 3_600_000;
const DAY = "2026-11-30";

/** At so many hours of the day. */
const setUp = (hours: number) => {
  const system = testSystem();
  system.clock.advance(dayStart(DAY) + hours * HOUR - system.clock.now());
  const count = (classKey: string, add: Readonly<Record<string, number>>, day = DAY, projectId = 1) =>
    system.ledger.commit([
      { count: { key: { day, projectId, classKey, market: "spot", jobName: "a", shard: 3 }, add, ttl: 0 } },
    ]);
  const tell = () => tellObjective({ ...system.dependencies, usage: system.ledger.usage });
  const told = () =>
    system.bus.told.map(({ DetailType, Detail }) => [DetailType, JSON.parse(Detail)] as const);
  return { system, count, tell, told };
};

describe("an alarm of the queue-time objective that rings", () => {
  it("I-47: has the first cause of the misses told, the class, what to do, and where more stands", async () => {
    const { count, tell, told } = setUp(12);
    await count("EC2#default", { waits: 70, missed: 3, "missed:boot": 3, "wait:boot": 999_999 });
    await count("EC2#big", { waits: 8, missed: 8, "missed:slot": 7, "missed:boot": 1 }, DAY, 2);
    await count("LAMBDA#default", { waits: 2, missed: 1, "missed:slot": 1 });
    expect(await tell()).toBe("slot");
    expect(told()).toEqual([
      [
        "QueueTimeObjectiveAlarm",
        {
          version: 1,
          deployment: "test",
          since: DAY,
          jobs: 80,
          missed: 12,
          cause: "slot",
          ofCause: 8,
          class: "EC2#big",
          text: "12 of 80 jobs that began since 2026-11-30 (UTC) missed the queue-time objective; 8 of them waited most of all for a slot, the most of class EC2#big",
          remedy: "Raise maxRunners of its class, or the limits in the mapping's settings",
          runbook: "docs/runbook.md#queue-time-objective",
        },
      ],
    ]);
  });

  it.each([
    [5.9, "2026-11-29", "capacity"],
    [6, "2026-11-30", "slot"],
  ])("I-47: at hour %d counts from %s on, as its window reaches", async (hours, since, cause) => {
    const { system, count, tell, told } = setUp(hours);
    await count("EC2#big", { waits: 9, missed: 9, "missed:capacity": 9 }, "2026-11-29");
    await count("EC2#big", { waits: 8, missed: 8, "missed:slot": 8 });
    expect(dayOf(system.clock.now())).toBe(DAY);
    expect(await tell()).toBe(cause);
    expect(told()[0]?.[1]).toMatchObject({ since, cause });
  });

  it("I-47: tells nothing where no miss is counted", async () => {
    const { count, tell, told } = setUp(12);
    await count("EC2#big", { waits: 8 });
    expect(await tell()).toBeUndefined();
    expect(told()).toEqual([]);
  });
});
