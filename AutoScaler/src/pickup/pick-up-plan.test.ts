import type { LedgerItem, Runner, StartedRunner } from "../../../Core/model/ledger";
import { anAttempt, anOrder, aRunner, NOW } from "../testing/fakes/items";
import { type PickUpFacts, planPickUp } from "./pick-up-plan";

/** Job 7 was taken by runner 9001. */
const facts = (patch: Partial<PickUpFacts> = {}): PickUpFacts => ({
  job: { id: 7, projectId: 1 },
  runnerId: 9001,
  attempts: [anAttempt({ runnerId: 9001 })],
  own: [aRunner()],
  reassigned: [],
  pausedAt: NOW,
  now: NOW,
  ...patch,
});

const puts = (given: PickUpFacts): LedgerItem[] =>
  planPickUp(given).changes.flatMap((change) => ("put" in change ? [change.put] : []));

const other = (patch: Partial<StartedRunner> = {}): Runner =>
  aRunner({ runnerId: 9002, jobId: 8, launchedFor: { jobId: 8, attempt: 1 }, resourceId: "i-2", ...patch });

/** Job 7 runs on job 8's runner 9002, while its own 9001 is still without a job. */
const stolen = (patch: Partial<PickUpFacts> = {}): PickUpFacts =>
  facts({
    runnerId: 9002,
    runner: other(),
    reassigned: [anAttempt({ jobId: 8, runnerId: 9002, order: anOrder({ jobId: 8 }) })],
    ...patch,
  });

describe("planPickUp", () => {
  it("I-14: records its own runner as busy and paused, and the attempt as running", () => {
    expect(puts(facts({ runner: aRunner() }))).toMatchObject([
      { runnerId: 9001, state: "BUSY", busyJobId: 7, busyProjectId: 1, pausedAt: NOW },
      { jobId: 7, state: "RUNNING", ranOnRunnerId: 9001 },
    ]);
  });

  it("I-6: changes nothing the second time", () => {
    const runner = aRunner({ state: "BUSY", busyJobId: 7, pausedAt: NOW });
    const plan = planPickUp(
      facts({ runner, own: [runner], attempts: [anAttempt({ state: "RUNNING", runnerId: 9001 })] }),
    );
    expect(plan).toEqual({ changes: [], events: [] });
  });

  it("exchanges the runners when the job's own fits the reassigned job", () => {
    const changed = puts(stolen());
    expect(changed).toMatchObject([
      { runnerId: 9002, state: "BUSY", jobId: 7, attempt: 1, busyJobId: 7 },
      { runnerId: 9001, state: "STARTING", jobId: 8, attempt: 1 },
      { jobId: 8, state: "LAUNCHED", runnerId: 9001, resourceId: "i-1" },
      { jobId: 7, state: "RUNNING", runnerId: 9002, ranOnRunnerId: 9002 },
    ]);
  });

  it.each([
    [true, false],
    [false, true],
  ])("T-6: exchanges no runners when one is for protected refs and the other is not", (own, others) => {
    const plan = planPickUp(
      stolen({
        own: [aRunner({ order: anOrder({ onProtectedRef: own }) })],
        reassigned: [
          anAttempt({ jobId: 8, runnerId: 9002, order: anOrder({ jobId: 8, onProtectedRef: others }) }),
        ],
      }),
    );
    expect(plan.changes).not.toContainEqual({ put: expect.objectContaining({ runnerId: 9001, jobId: 8 }) });
    expect(plan.events).toMatchObject([
      { detailType: "GitLabJobEvent", job: { id: 8 }, attempt: 2 },
      { detailType: "RunnerEnded", runnerId: 9001 },
    ]);
  });

  describe("after an exchange each attempt tells of the runner that it has now", () => {
    const onDemand = {
      resourceId: "i-1",
      market: "on-demand",
      pricePerHour: 0.4,
      priceSource: "price-list",
    } as const;
    const spot = {
      resourceId: "i-2",
      market: "spot",
      pricePerHour: 0.1,
      priceSource: "spot-history",
    } as const;
    const [early, late] = [NOW - 9_000, NOW - 2_000];
    const exchanged = (patch: Partial<PickUpFacts> = {}, own: Partial<StartedRunner> = {}) =>
      puts(
        stolen({
          attempts: [anAttempt({ runnerId: 9001, ...onDemand, times: { CLAIMED: 1, LAUNCHED: early } })],
          own: [aRunner({ ...onDemand, times: { CREATED: 1, LAUNCHED: early }, ...own })],
          runner: other({ ...spot, times: { CREATED: 2, LAUNCHED: late } }),
          reassigned: [
            anAttempt({
              jobId: 8,
              runnerId: 9002,
              order: anOrder({ jobId: 8 }),
              ...spot,
              times: { CLAIMED: 2, LAUNCHED: late },
            }),
          ],
          ...patch,
        }),
      ).filter(({ kind }) => kind === "attempt");

    it("both with resource id, market, price and time of launch", () => {
      const [reassigned, served] = exchanged();
      expect(reassigned).toMatchObject({ jobId: 8, runnerId: 9001, ...onDemand });
      expect(reassigned?.times).toEqual({ CLAIMED: 2, LAUNCHED: early });
      expect(served).toMatchObject({ jobId: 7, state: "RUNNING", runnerId: 9002, ...spot });
      expect(served?.times).toEqual({ CLAIMED: 1, LAUNCHED: late, RUNNING: NOW });
    });

    it("the one that got a runner which is not launched yet shows none", () => {
      const unlaunched = {
        resourceId: undefined,
        market: undefined,
        pricePerHour: undefined,
        priceSource: undefined,
      };
      const [reassigned] = exchanged({}, { ...unlaunched, times: { CREATED: 1 } } as object);
      for (const field of ["resourceId", "market", "pricePerHour", "priceSource"]) {
        expect(reassigned).not.toHaveProperty(field);
      }
      expect(reassigned?.times).toEqual({ CLAIMED: 2 });
    });

    it("also when the pick-up comes after the job's end", () => {
      const ended = anAttempt({
        state: "ENDED",
        runnerId: 9001,
        ...onDemand,
        times: { LAUNCHED: early, ENDED: NOW },
      });
      const [, served] = exchanged({ attempts: [ended] });
      expect(served).toMatchObject({ jobId: 7, state: "ENDED", runnerId: 9002, version: 2, ...spot });
      expect(served?.times).toEqual({ LAUNCHED: late, ENDED: NOW });
    });
  });

  it("leaves an attempt that failed before as it is, with its reason", () => {
    const failed = anAttempt({ state: "FAILED", reason: "no-job", runnerId: 9000, times: { FAILED: NOW } });
    const second = anAttempt({ attempt: 2, runnerId: 9001 });
    const changed = puts(facts({ runner: aRunner({ attempt: 2 }), attempts: [failed, second] }));
    expect(changed).toMatchObject([{ state: "BUSY" }, { attempt: 2, state: "RUNNING" }]);
    const late = puts(facts({ runnerId: 9000, attempts: [failed, second] }));
    expect(late.flatMap((item) => (item.kind === "attempt" ? [item.state] : []))).toEqual([
      "RUNNING",
      "RUNNING",
    ]);
  });

  it("I-26: from then on the reassigned job waits for a runner whose launch waits", () => {
    const { resourceId: _, ...held } = aRunner({ heldBy: "rate" });
    const attempts = [anAttempt({ state: "CREATED", runnerId: 9001, waitingFor: "launch-rate" })];
    const changed = puts(stolen({ own: [held], attempts }));
    expect(changed[2]).toMatchObject({
      jobId: 8,
      state: "LAUNCHED",
      runnerId: 9001,
      waitingFor: "launch-rate",
    });
    expect(changed[3]).not.toHaveProperty("waitingFor");
  });

  const classOf = (type: "EC2" | "MICROVM") => ({ ...anOrder().runnerClass, type });
  it.each([
    ["EC2", "MICROVM", false],
    ["EC2", "EC2", true],
    // Its start hands the runner on.
    ["MICROVM", "EC2", true],
  ] as const)(
    "I-1: a job of %s gets a runner of %s that is not launched yet: %s",
    (type, provider, expected) => {
      const { resourceId: _, ...unlaunched } = aRunner({ provider });
      const order = anOrder({ jobId: 8, runnerClass: classOf(type) });
      const reassigned = [anAttempt({ jobId: 8, runnerId: 9002, order })];
      const plan = planPickUp(stolen({ own: [unlaunched], reassigned }));
      const moved = plan.changes.some(
        (change) => "put" in change && change.put.kind === "runner" && change.put.runnerId === 9001,
      );
      expect([moved, plan.events.length > 0]).toEqual([expected, !expected]);
    },
  );

  it("I-18: leaves what the runners were launched for as it was", () => {
    const [taken, moved] = puts(stolen());
    expect([taken, moved]).toMatchObject([
      { launchedFor: { jobId: 8, attempt: 1 } },
      { launchedFor: { jobId: 7, attempt: 1 } },
    ]);
  });

  it.each<[string, Partial<StartedRunner>]>([
    ["has other tags", { order: anOrder({ tags: ["arm"] }) }],
    ["is of another project", { order: anOrder({ projectId: 2 }) }],
    ["is paused by an end", { pausedAt: NOW }],
    ["has an end at it", { lease: { kind: "end", holder: "1", until: NOW } }],
    ["is ending", { state: "ENDING" }],
    ["is busy itself", { state: "BUSY", busyJobId: 9 }],
  ])("P-1: puts the reassigned job's next attempt when the job's own runner %s", (_why, patch) => {
    const plan = planPickUp(stolen({ own: [aRunner(patch)] }));
    expect(plan.events[0]).toMatchObject({
      detailType: "GitLabJobEvent",
      job: { id: 8, status: "pending" },
      attempt: 2,
    });
    expect(plan.changes).toContainEqual({
      put: expect.objectContaining({ runnerId: 9002, jobId: 8, busyJobId: 7 }),
    });
  });

  it("swaps a runner whose start is still at it: the start finds out by the version", () => {
    const leased = aRunner({ lease: { kind: "start", holder: "1", until: NOW + 1 } });
    expect(puts(stolen({ own: [leased] }))[1]).toMatchObject({ jobId: 8, lease: leased.lease });
  });

  it("needs nothing for a reassigned job that runs elsewhere already", () => {
    const reassigned = [anAttempt({ jobId: 8, runnerId: 9002, state: "RUNNING" })];
    const plan = planPickUp(stolen({ reassigned, own: [] }));
    expect(plan.events).toEqual([]);
  });

  it("leaves a reassigned job alone that has a newer attempt", () => {
    const reassigned = [
      anAttempt({ jobId: 8, runnerId: 9002 }),
      anAttempt({ jobId: 8, attempt: 2, runnerId: 9003 }),
    ];
    expect(planPickUp(stolen({ reassigned })).changes).not.toContainEqual({
      put: expect.objectContaining({ runnerId: 9001, jobId: 8 }),
    });
  });

  it("trace 2: releases the slot of a claim that a pick-up overtakes", () => {
    const claimed = anAttempt({ state: "CLAIMED", slot: { stackShard: 3, classShard: 4 } });
    expect(planPickUp(stolen({ attempts: [claimed], own: [] })).changes).toContainEqual({
      releaseSlot: { scope: "stack", shard: 3 },
    });
  });

  it("removes from the queue a job that another job's runner took", () => {
    const waiting = anAttempt({ state: "WAITING", waitingFor: "slot" });
    const [, attempt] = puts(stolen({ attempts: [waiting], own: [] }));
    expect(attempt).toMatchObject({ state: "RUNNING" });
    expect(attempt).not.toHaveProperty("waitingFor");
  });

  it("asks for the end of the job's own runner when a foreign job took the job", () => {
    const plan = planPickUp(facts({ runnerId: 555 }));
    expect(plan.events).toMatchObject([{ detailType: "RunnerEnded", runnerId: 9001 }]);
    expect(plan.changes).toMatchObject([{ put: { state: "RUNNING", ranOnRunnerId: 555 } }]);
  });

  it("keeps an ending runner's state when the pick-up comes late", () => {
    const runner = aRunner({ state: "ENDING", pausedAt: NOW });
    expect(puts(facts({ runner, own: [runner] }))[0]).toMatchObject({ state: "ENDING", busyJobId: 7 });
  });
});
