import { runLoad } from "../../bench/load-run";
import { percentile } from "../../bench/percentile";
import type { TestLaptop } from "./engine";

/** A short form of `npm run load`. Lost hooks are the faults' case: healing them takes sweeps, and so minutes. */
export const loadCases = (get: () => TestLaptop): void => {
  it("L-1 L-2: 60 jobs whose hooks are shuffled and doubled all run, none starts twice, nothing is left", async () => {
    const plan = { jobs: 60, seconds: 4, perPipeline: 20, shuffleMs: 3_000, lose: 0, repeat: 0.1 };
    const result = await runLoad(get().laptop, plan);
    expect(result).toMatchObject({ succeeded: 60, notEnded: 0, doubleStarts: 0, isAllGone: true });
    expect(result.hooks.repeated).toBeGreaterThan(0);
    expect(result.hooks.accepted).toBe(result.hooks.sent);
    expect(percentile(result.acceptMs, 95)).toBeLessThan(5_000);
  }, 200_000);
};
