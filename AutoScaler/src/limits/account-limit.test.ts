import { LAMBDA, STACK } from "../../../Core/ledger/keys";
import type { StartOrder } from "../../../Core/model/runner-order";
import { fakeAccount, fakeLedger } from "../testing/fakes";
import { aClass, anOrder } from "../testing/fakes/items";
import { storeLambdaLimit } from "./account-limit";
import { findSlot, releaseSlot } from "./slots";

const orderOf = (name: string, stack = 100): StartOrder =>
  anOrder({
    runnerClass: aClass({ type: "LAMBDA", name, maxRunners: 50 }),
    limits: { stack, project: 40 },
  });

const prepare = () => {
  const [ledger, account] = [fakeLedger(), fakeAccount()];
  const clock = { now: () => 3_600_000, sleep: async () => undefined };
  const grant = (concurrency: number | undefined, readAt = 0): Promise<number> => {
    account.concurrentExecutions = concurrency;
    return storeLambdaLimit({ ledger, account, clock }, readAt);
  };
  const limit = async (): Promise<number | undefined> => (await ledger.slots(STACK)).limit;
  /** Scopes of which a start of a Lambda runner takes a slot. */
  const scopes = async (order: StartOrder): Promise<readonly string[]> =>
    ((await findSlot(ledger, order, 0))?.take ?? []).flatMap((change) =>
      "take" in change ? [change.take.scope] : [],
    );
  return { ledger, grant, limit, scopes };
};

describe("the limit of Lambda runners", () => {
  it.each([
    [10, 5],
    [1_000, 900],
  ])("F-77: is stored by a pass: at %d concurrent executions %d", async (concurrency, runners) => {
    const { grant, limit } = prepare();
    await grant(concurrency);
    expect(await limit()).toBe(runners);
  });

  it("follows the account, and stays as it was where Lambda does not say", async () => {
    const { grant, limit, ledger } = prepare();
    await grant(1_000);
    await grant(10);
    await grant(undefined);
    expect(await limit()).toBe(5);
    const before = ledger.writes;
    await grant(10);
    expect(ledger.writes).toBe(before);
  });

  it("is asked for every ten minutes, also after the clock was set back", async () => {
    const { grant, limit } = prepare();
    await grant(10);
    expect(await grant(1_000, 3_000_001)).toBe(3_000_001);
    expect(await limit()).toBe(5);
    expect(await grant(1_000, 3_000_000)).toBe(3_600_000);
    expect(await limit()).toBe(900);
    expect(await grant(10, 3_600_001)).toBe(3_600_000);
    expect(await limit()).toBe(5);
  });

  it("F-77: is one of a start's where the account allows fewer than the stack may have", async () => {
    const { grant, scopes } = prepare();
    expect(await scopes(orderOf("default"))).not.toContain(LAMBDA);
    await grant(10);
    expect(await scopes(orderOf("default"))).toContain(LAMBDA);
    expect(await scopes(orderOf("default", 5))).not.toContain(LAMBDA);
    expect(await scopes(anOrder())).not.toContain(LAMBDA);
    await grant(1_000);
    expect(await scopes(orderOf("default"))).not.toContain(LAMBDA);
  });

  it("F-77 I-22: lets all Lambda classes together have the account's limit, and gives each slot back", async () => {
    const { ledger, grant } = prepare();
    await grant(10);
    const slots = [];
    for (const name of ["default", "large", "default", "large", "default"]) {
      const free = await findSlot(ledger, orderOf(name), slots.length);
      expect(await ledger.commit(free?.take ?? [])).toBe(true);
      slots.push({ slot: free!.slot, classKey: `LAMBDA#${name}` });
    }
    const sixth = orderOf("large");
    expect(await findSlot(ledger, sixth, 0)).toBeUndefined();
    expect(await findSlot(ledger, anOrder({ limits: { stack: 100 } }), 0)).toBeDefined();
    await ledger.commit(releaseSlot(slots[3]!));
    expect((await findSlot(ledger, sixth, 0))?.left).toBe(1);
  });
});
