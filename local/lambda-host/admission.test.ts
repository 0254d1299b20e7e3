import { NEW_ACCOUNT } from "../limits/account-limits";
import { metLimits } from "../limits/met-limits";
import { admission } from "./admission";
import type { CallOutcome } from "./call";

const done: CallOutcome = { result: "done" };

/** An account's functions, all ten of whose executions are taken until `free` is called. */
const prepare = () => {
  const world = { now: 0, pauses: [] as number[] };
  const account = metLimits(NEW_ACCOUNT);
  let free: () => void = () => undefined;
  const held = new Promise<CallOutcome>((resolve) => {
    free = () => resolve(done);
  });
  const admit = admission(account, {
    now: () => world.now,
    pause: async (milliseconds) => {
      world.pauses.push(milliseconds);
      world.now += milliseconds;
      if (world.pauses.length === 3) {
        free();
        await held;
      }
    },
  });
  for (let index = 0; index < 10; index += 1) void admit({ kind: "synchronous" }, false, () => held);
  return { world, account, admit, free: () => free() };
};

describe("admission", () => {
  it("refuses an eleventh synchronous call as Lambda does, and counts it", async () => {
    const { admit, account } = prepare();
    expect(await admit({ kind: "synchronous" }, false, async () => done)).toEqual({
      error: { errorType: "TooManyRequestsException", errorMessage: "Rate Exceeded." },
    });
    expect(account.list()).toMatchObject([{ name: "Lambda concurrent executions", refused: 1 }]);
  });

  it("tries an asynchronous one again, at intervals that double, until there is room", async () => {
    const { admit, world } = prepare();
    expect(await admit({ kind: "asynchronous", maximumAgeSeconds: 300 }, true, async () => done)).toEqual(
      done,
    );
    expect(world.pauses).toEqual([1_000, 2_000, 4_000]);
  });

  it("drops one that is too old, without running it", async () => {
    const { admit, world } = prepare();
    const outcome = await admit({ kind: "asynchronous", maximumAgeSeconds: 2 }, true, () => {
      throw new Error("It ran");
    });
    expect(outcome).toMatchObject({ error: { errorType: "EventAgeExceeded" } });
    expect(world.pauses).toEqual([1_000]);
  });

  it("gives the place of a call back that throws", async () => {
    const admit = admission(metLimits(NEW_ACCOUNT));
    const broken = () => admit({ kind: "synchronous" }, false, () => Promise.reject(new Error("broken")));
    for (let index = 0; index < 11; index += 1) await expect(broken()).rejects.toThrow("broken");
  });
});
