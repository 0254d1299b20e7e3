import { fakeClock, fakeLedger, fakeMetrics } from "../testing/fakes";
import { anAttempt, NOW } from "../testing/fakes/items";
import { parseFailure } from "./failure-input";
import { recordFailure } from "./record-failure";

const event = {
  object_kind: "build",
  build_id: 7,
  build_name: "build",
  build_status: "pending",
  project_id: 1,
};
const cause = JSON.stringify({
  errorType: "ConfigurationError",
  errorMessage: "The row has no type",
  trace: [],
});

const setUp = () => {
  const ledger = fakeLedger();
  const metrics = fakeMetrics();
  const clock = fakeClock(NOW);
  const record = (whole: object, error: string) =>
    recordFailure(
      { ledger, clock, metric: metrics.metric },
      parseFailure({ event: whole, error: { Error: error, Cause: cause } }),
    );
  return { ledger, metrics, clock, record };
};

describe("recordFailure", () => {
  it("I-1 F-15: makes a look-up that cannot succeed visible", async () => {
    const { ledger, metrics, record } = setUp();
    expect(await record(event, "MappingError")).toEqual({ kind: "failed" });
    expect(await ledger.attempts(7)).toMatchObject([
      {
        state: "FAILED",
        reason: "configuration",
        detail: "The row has no type",
        projectId: 1,
        jobName: "build",
      },
    ]);
    expect(metrics.recorded).toContainEqual({
      name: "JobsFailed",
      value: 1,
      dimensions: { reason: "configuration" },
    });
  });

  it("stores the sentence as it was said: quotes without escapes, and no full stop", async () => {
    const { ledger, clock, metrics } = setUp();
    const said = 'Add the class "a\\b" to "classes".';
    const Cause = JSON.stringify({ errorType: "MappingError", errorMessage: said, trace: [] });
    const failure = parseFailure({ event, error: { Error: "MappingError", Cause } });
    await recordFailure({ ledger, clock, metric: metrics.metric }, failure);
    expect(await ledger.attempts(7)).toMatchObject([{ detail: 'Add the class "a\\b" to "classes"' }]);
  });

  it.each(["\\u00e9", "\\ud83e\\udd8a"])("stores what Lambda cut off within %s", async (escaped) => {
    const { ledger, clock, metrics } = setUp();
    const Cause = `{"errorMessage":"${"x".repeat(297)}${escaped}`;
    const failure = parseFailure({ event, error: { Error: "MappingError", Cause } });
    await recordFailure({ ledger, clock, metric: metrics.metric }, failure);
    expect((await ledger.attempts(7))[0]?.detail).toMatch(/^x{297}/);
  });

  it.each([
    ["BadTagsError", "bad-tags", true],
    ["BeyondBoundsError", "beyond-bounds", undefined],
  ])("I-27: makes %s of a look-up visible as %s", async (error, reason, isLast) => {
    const { ledger, record } = setUp();
    expect(await record(event, error)).toEqual({ kind: "failed" });
    const [attempt] = await ledger.attempts(7);
    expect(attempt).toMatchObject({ state: "FAILED", reason });
    expect(attempt?.isLast).toBe(isLast);
  });

  it("I-25: counts three of them, a minute and four minutes apart, and no more", async () => {
    const { ledger, clock, record } = setUp();
    for (let minute = 0; minute < 60; minute += 1) {
      await record(event, "MappingError");
      clock.advance(60_000);
    }
    expect((await ledger.attempts(7)).map(({ times }) => times.FAILED)).toEqual([
      NOW,
      NOW + 60_000,
      NOW + 300_000,
    ]);
  });

  it.each(["ConfigurationError", "InvalidInputError", "NoAnswerError"])(
    "T-5: notes %s of a look-up, which comes before GitLab confirmed the job, and writes nothing",
    async (error) => {
      const { ledger, record } = setUp();
      await ledger.commit([{ put: anAttempt({ state: "WAITING" }) }]);
      expect(await record(event, error)).toEqual({ kind: "noted" });
      expect(await record({ ...event, build_id: 8 }, error)).toEqual({ kind: "noted" });
      expect(ledger.writes).toBe(1);
    },
  );

  it.each(["WAITING", "CLAIMED", "FAILED"] as const)(
    "T-5: leaves another project's attempt %s, whatever failed",
    async (state) => {
      const { ledger, clock, record } = setUp();
      await ledger.commit([{ put: anAttempt({ state }) }]);
      clock.advance(3_600_000);
      const forged = { ...event, project_id: 666 };
      expect(await record(forged, "MappingError")).toEqual({ kind: "noted" });
      expect(await record({ ...forged, lookup: {} }, "ConfigurationError")).toEqual({ kind: "noted" });
      expect(ledger.writes).toBe(1);
    },
  );

  it("F-24: logs TransientError, which is transient, and writes nothing", async () => {
    const { ledger, record } = setUp();
    expect(await record(event, "TransientError")).toEqual({ kind: "noted" });
    expect(ledger.writes).toBe(0);
  });

  it.each([
    ["UnreachableError", "gitlab"],
    ["ThrottledError", "throttled"],
  ])(
    "F-24 I-46: of %s stores under no job that GitLab could not be asked, and since when",
    async (error, cause) => {
      const { ledger, clock, record } = setUp();
      const time = clock.now() - 5_000;
      expect(await record({ ...event, time: new Date(time).toISOString() }, error)).toEqual({
        kind: "noted",
      });
      clock.advance(30_000);
      expect(await record(event, error)).toEqual({ kind: "noted" });
      expect(ledger.items.size).toBe(0);
      expect([...ledger.stateRecords.values()]).toMatchObject([
        { name: "gitlab-outage", value: { cause, since: time, until: time + 35_000 } },
      ]);
    },
  );

  it("fails a claim that no start holds, and names the slot that became free", async () => {
    const { ledger, record } = setUp();
    const slot = { stackShard: 0, classShard: 0 };
    await ledger.commit([{ put: anAttempt({ state: "CLAIMED", slot }) }]);
    expect(await record({ ...event, lookup: {} }, "ConfigurationError")).toEqual({
      kind: "failed",
      freed: { kind: "slot", classKey: "EC2#default" },
    });
    expect(ledger.taken("stack")).toBe(-1);
  });

  it("I-25: believes once that a GitLab that did not answer will, and not for the last attempt", async () => {
    for (const [patch, kind] of [
      [{}, "noted"],
      [{ dispatchedAt: NOW + 1 }, "failed"],
      [{ dispatchedAt: NOW - 1 }, "noted"],
      [{ attempt: 3 }, "failed"],
    ] as const) {
      const { ledger, metrics, record } = setUp();
      const slot = { stackShard: 0, classShard: 0 };
      await ledger.commit([
        { put: anAttempt({ state: "CLAIMED", slot, times: { CLAIMED: NOW }, ...patch }) },
      ]);
      expect(await record({ ...event, lookup: {} }, "NoAnswerError")).toMatchObject({ kind });
      expect(await record({ ...event, lookup: {} }, "TransientError")).toEqual({ kind: "noted" });
      expect(metrics.total("JobsFailed")).toBe(kind === "failed" ? 1 : 0);
    }
  });

  it("trace 6: leaves a claim that is leased and whatever may have been launched", async () => {
    for (const patch of [
      { state: "CLAIMED", lease: { kind: "start", holder: "1", until: NOW + 1 } },
      { state: "CREATED" },
      { state: "LAUNCHED" },
      { state: "RUNNING" },
    ] as const) {
      const { ledger, record } = setUp();
      await ledger.commit([{ put: anAttempt(patch) }]);
      expect(await record({ ...event, lookup: {} }, "ConfigurationError")).toEqual({ kind: "noted" });
      expect((await ledger.attempts(7))[0]?.state).toBe(patch.state);
    }
  });

  it("logs the failure of an end without touching the ledger", async () => {
    const { ledger, metrics, record } = setUp();
    expect(await record({ runnerId: 9001, reason: "x" }, "ConfigurationError")).toEqual({ kind: "noted" });
    expect(await record({ ...event, build_status: "success" }, "ConfigurationError")).toEqual({
      kind: "noted",
    });
    expect(ledger.writes).toBe(0);
    expect(metrics.total("WorkflowFailures")).toBe(2);
  });

  it("F-69: takes an event that is no job for no job", async () => {
    const { record } = setUp();
    expect(await record({ ...event, build_id: -1 }, "InvalidInputError")).toEqual({ kind: "noted" });
  });
});
