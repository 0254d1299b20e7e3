import { BARS, LOADS, PROVIDERS, type StartTimes, startTimes } from "./start-times";

/** The short form of `npm run simulate -- --start-times`. */
const SEED = 7;

const played = new Map<string, Promise<StartTimes>>();
/** One load on one provider, played once for all its bars. */
const play = (kind: (typeof PROVIDERS)[number], load: (typeof BARS)[number]["load"]): Promise<StartTimes> => {
  const key = `${kind[0]} ${load.says}`;
  const known = played.get(key) ?? startTimes(kind, load, SEED);
  played.set(key, known);
  return known;
};

describe("from pending to running on a MicroVM", () => {
  it.each(BARS)(
    "I-26: $load.says, $kind.0: $figure at most $most s",
    async ({ kind, load, figure, most }) => {
      const times = await play(kind, load);
      expect(times.wrong).toEqual([]);
      expect(times[figure]).toBeLessThanOrEqual(most);
    },
    120_000,
  );

  it("a burst falls back to EC2 for what MicroVMs cannot launch in time, and no sooner", async () => {
    const { fellBack } = await play(PROVIDERS[2], LOADS.burst);
    const onMicroVms = 1_000 - fellBack;
    // Ten seconds of burst at five a second are the least.
    expect(onMicroVms).toBeGreaterThanOrEqual(50);
    // Five a second for the burst and the five seconds that a job waits at most, and those that went at once.
    expect(onMicroVms).toBeLessThanOrEqual(5 * 15 + 10);
  }, 120_000);
});
