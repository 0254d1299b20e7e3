import type { MinuteCounters } from "../../ports";
import { freshId } from "./samples";

/** What counters do. Rows are fresh in every test. */
export const minuteCountersContract = (prepare: () => MinuteCounters | Promise<MinuteCounters>): void => {
  const MINUTE = 30_000_000;

  it("I-25: count each row and minute for itself, from 0", async () => {
    const counters = await prepare();
    const [one, other] = [`pending#${freshId()}`, `pending#${freshId()}`];
    expect(await counters.read([one, other], MINUTE)).toEqual([0, 0]);
    expect(await counters.add(one, MINUTE)).toBe(1);
    expect(await counters.add(one, MINUTE)).toBe(2);
    expect(await counters.add(other, MINUTE)).toBe(1);
    expect(await counters.add(one, MINUTE + 1)).toBe(1);
    expect(await counters.read([other, one], MINUTE)).toEqual([1, 2]);
    expect(await counters.read([], MINUTE)).toEqual([]);
  });

  it("I-23: lose nothing of what is counted at once", async () => {
    const counters = await prepare();
    const row = `pending#${freshId()}`;
    const counts = await Promise.all(Array.from({ length: 20 }, () => counters.add(row, MINUTE)));
    expect([...counts].sort((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });
};
