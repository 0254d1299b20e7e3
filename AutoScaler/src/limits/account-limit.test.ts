import { fakeFunctions, fakeLedger } from "../testing/fakes";
import { aClass, anOrder } from "../testing/fakes/items";
import { withAccountLimit } from "./account-limit";
import { findSlot, releaseSlot } from "./slots";

const orderOf = (name: string) =>
  anOrder({
    runnerClass: aClass({ type: "LAMBDA", name, maxRunners: 50 }),
    limits: { stack: 100, project: 40 },
  });

describe("withAccountLimit", () => {
  it.each([
    [10, { stack: 100, project: 40, lambda: 5 }],
    [1_000, { stack: 100, project: 40 }],
    [undefined, { stack: 100, project: 40 }],
  ])("F-77: at %p concurrent executions the limits are %j", async (concurrency, limits) => {
    const functions = fakeFunctions();
    functions.accountConcurrency = concurrency;
    expect((await withAccountLimit(functions, orderOf("default"))).limits).toEqual(limits);
  });

  it("forgets what the account allowed before, when the job is looked at anew", async () => {
    const functions = fakeFunctions();
    functions.accountConcurrency = 10;
    const before = await withAccountLimit(functions, orderOf("default"));
    functions.accountConcurrency = 1_000;
    expect((await withAccountLimit(functions, before)).limits).toEqual({ stack: 100, project: 40 });
  });

  it("F-77 I-22: lets all Lambda classes together have the account's limit, and gives each slot back", async () => {
    const ledger = fakeLedger();
    const functions = fakeFunctions();
    functions.accountConcurrency = 10;
    const slots = [];
    for (const name of ["default", "large", "default", "large", "default"]) {
      const free = await findSlot(ledger, await withAccountLimit(functions, orderOf(name)), slots.length);
      expect(await ledger.commit(free?.take ?? [])).toBe(true);
      slots.push({ slot: free!.slot, classKey: `LAMBDA#${name}` });
    }
    const sixth = await withAccountLimit(functions, orderOf("large"));
    expect(await findSlot(ledger, sixth, 0)).toBeUndefined();
    expect(await findSlot(ledger, anOrder({ limits: { stack: 100 } }), 0)).toBeDefined();
    await ledger.commit(releaseSlot(slots[3]!));
    expect((await findSlot(ledger, sixth, 0))?.left).toBe(1);
  });
});
