import { readSpotPools } from "../../../../Core/ledger/spot-pools";
import { isResting } from "../../../../Core/model/spot-pool";
import type { Ledger } from "../../ports";
import { recordPoolFailure } from "../../spot/pool-failures";
import { PoolMemory } from "../../spot/pool-memory";
import { recordInterruption, wasLostToSpot } from "../../spot/spot-loss";
import { fakeClock } from "../fakes/fake-clock";
import { freshId, sampleOrder, sampleRunner } from "./samples";

const MINUTE = 60_000;

/** What is learned of spot, in the ledger: on the fake and on DynamoDB. */
export const spotPoolsContract = (prepare: () => { readonly ledger: Ledger }): void => {
  const setUp = () => {
    const { ledger } = prepare();
    const clock = fakeClock();
    const dependencies = { ledger, clock };
    const pool = `m7g.large/subnet-${freshId()}`;
    const resting = async () => {
      const pools = (await readSpotPools(ledger)).filter(({ name }) => name === pool);
      return pools.map((each) => isResting(each, clock.now()));
    };
    const fails = (of: string) => recordPoolFailure(dependencies, pool, of);
    return { ledger, clock, dependencies, pool, resting, fails };
  };

  it("F-37: two failures within fifteen minutes let a pool rest for thirty, and it is used again then", async () => {
    const { clock, resting, fails } = setUp();
    expect(await resting()).toEqual([]);
    await fails("i-1");
    expect(await resting()).toEqual([false]);
    clock.advance(15 * MINUTE - 1);
    await fails("i-2");
    expect(await resting()).toEqual([true]);
    clock.advance(30 * MINUTE - 1);
    expect(await resting()).toEqual([true]);
    clock.advance(1);
    expect(await resting()).toEqual([false]);
    await fails("i-3");
    expect(await resting()).toEqual([false]);
  });

  it("F-37: failures further apart, and one that is reported twice, let no pool rest", async () => {
    const { clock, resting, fails } = setUp();
    await fails("i-1");
    await fails("i-1");
    expect(await resting()).toEqual([false]);
    clock.advance(15 * MINUTE);
    await fails("i-2");
    expect(await resting()).toEqual([false]);
  });

  it("F-17 F-37: failures at the same time all count", async () => {
    const { resting, fails } = setUp();
    await Promise.all(["i-1", "i-2"].map(fails));
    expect(await resting()).toEqual([true]);
  });

  it("F-37: an interrupted spot instance counts for its pool and for its job, an on-demand one for neither", async () => {
    const { ledger, dependencies, pool, resting } = setUp();
    const order = sampleOrder({ projectId: freshId(), pipelineId: 5, jobName: "test" });
    const runner = sampleRunner({ runnerId: freshId(), order, pool, resourceId: "i-1", market: "on-demand" });
    await recordInterruption(dependencies, runner);
    expect([await resting(), await wasLostToSpot(dependencies, order)]).toEqual([[], false]);
    await recordInterruption(dependencies, { ...runner, market: "spot" });
    await recordInterruption(dependencies, { ...runner, market: "spot" });
    expect([await resting(), await wasLostToSpot(dependencies, order)]).toEqual([[false], true]);
    // GitLab's retry is another job; what it shares is project, pipeline and name.
    expect(await wasLostToSpot(dependencies, sampleOrder({ ...order, jobId: freshId() }))).toBe(true);
    for (const other of [{ pipelineId: 6 }, { jobName: "other" }, { projectId: freshId() }])
      expect(await wasLostToSpot(dependencies, { ...order, ...other })).toBe(false);
    expect(await ledger.stateRecord("spot-loss#none")).toBeUndefined();
  });

  it("I-25: an execution environment reads the list once in five seconds", async () => {
    const { clock, ledger, pool, fails } = setUp();
    let reads = 0;
    const counted: Ledger = {
      ...ledger,
      listed: (list) => {
        reads += 1;
        return ledger.listed(list);
      },
    };
    const memory = new PoolMemory();
    const resting = async () => (await memory.resting({ ledger: counted, clock })).includes(pool);
    await Promise.all(["i-1", "i-2"].map(fails));
    expect(await resting()).toBe(true);
    clock.advance(4_999);
    expect([await resting(), reads]).toEqual([true, 1]);
    clock.advance(1);
    expect([await resting(), reads]).toEqual([true, 2]);
    memory.forget();
    expect([await resting(), reads]).toEqual([true, 3]);
  });
};
