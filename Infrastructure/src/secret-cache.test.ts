import { secretCache } from "./secret-cache";
import type { WebhookSecrets } from "./webhook-secret";

const SECOND = 1_000;

/** A cache in virtual time over a Parameter Store that a test switches. */
const prepare = () => {
  const world = {
    time: Date.UTC(2026, 10, 25),
    stored: { current: "a" } as WebhookSecrets,
    isDown: false,
    reads: 0,
    failures: 0,
  };
  const secrets = secretCache<WebhookSecrets>({
    read: async () => {
      world.reads += 1;
      if (world.isDown) throw new Error("down");
      return world.stored;
    },
    now: () => world.time,
    onFailure: () => {
      world.failures += 1;
    },
  });
  return { world, secrets };
};

describe("secretCache", () => {
  it("F-9 F-21: reads once a minute, however many requests come", async () => {
    const { world, secrets } = prepare();
    for (let second = 0; second < 60; second += 1) {
      await secrets();
      world.time += SECOND;
    }
    expect(world.reads).toBe(1);
    await secrets();
    expect(world.reads).toBe(2);
  });

  it("I-11: gives a changed secret after a minute at most", async () => {
    const { world, secrets } = prepare();
    await secrets();
    world.stored = { current: "b", previous: "a" };
    world.time += 60 * SECOND;
    expect(await secrets()).toEqual({ current: "b", previous: "a" });
    world.stored = { current: "b" };
    world.time += 60 * SECOND;
    expect(await secrets()).toEqual({ current: "b" });
  });

  it("F-9: gives the last good secrets for five minutes while Parameter Store fails, then none", async () => {
    const { world, secrets } = prepare();
    await secrets();
    world.isDown = true;
    world.time += 299 * SECOND;
    expect(await secrets()).toEqual({ current: "a" });
    world.time += SECOND;
    expect(await secrets()).toBeUndefined();
    expect(world.failures).toBeGreaterThan(0);
  });

  it("F-9: spares a failing Parameter Store while it has something to go by", async () => {
    const { world, secrets } = prepare();
    await secrets();
    world.isDown = true;
    world.time += 61 * SECOND;
    await secrets();
    await secrets();
    expect(world.reads).toBe(2);
    world.isDown = false;
    world.stored = { current: "b" };
    world.time += 5 * SECOND;
    expect(await secrets()).toEqual({ current: "b" });
  });

  it("I-10: gives none while nothing was ever read, and asks again with each request", async () => {
    const { world, secrets } = prepare();
    world.isDown = true;
    expect(await secrets()).toBeUndefined();
    expect(await secrets()).toBeUndefined();
    world.isDown = false;
    expect(await secrets()).toEqual({ current: "a" });
    expect(world.reads).toBe(3);
  });

  it("I-33: reads anew when the clock was set back", async () => {
    const { world, secrets } = prepare();
    await secrets();
    world.time -= 600 * SECOND;
    world.stored = { current: "b" };
    expect(await secrets()).toEqual({ current: "b" });
  });

  it("I-11: with an age reads anew what is older, and gives no last good secrets when that fails", async () => {
    const { world, secrets } = prepare();
    await secrets();
    world.time += 4 * SECOND;
    expect(await secrets(5 * SECOND)).toEqual({ current: "a" });
    expect(world.reads).toBe(1);
    world.time += SECOND;
    world.stored = { current: "b" };
    expect(await secrets(5 * SECOND)).toEqual({ current: "b" });
    world.time += 5 * SECOND;
    world.isDown = true;
    expect(await secrets(5 * SECOND)).toBeUndefined();
    expect(await secrets()).toEqual({ current: "b" });
  });
});
