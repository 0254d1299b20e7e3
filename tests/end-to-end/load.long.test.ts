import { runLoad } from "../../bench/load/load-run";
import { openLaptop, START_MS, type TestLaptop } from "./engine";

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
}, 30_000);

/** A short form of `npm run load`, with the runners as they ship. */
describe("load", () => {
  it("L-1 L-2 L-8: jobs on Lambda and EC2 with lost, shuffled and doubled webhooks all run, none starts twice, and nothing is left", async () => {
    // One in twenty: of 120 webhooks none would be lost once in five hundred runs.
    const faults = { shuffleMs: 3_000, lose: 0.05, repeat: 0.1 };
    const plan = {
      jobs: 30,
      seconds: 6,
      perPipeline: 5,
      ...faults,
      onEc2: 1 / 3,
      runners: "shipped",
    } as const;
    const result = await runLoad(test.laptop, plan, test.calls);
    expect(result).toMatchObject({ succeeded: 30, notEnded: 0, isAllGone: true });
    // `npm run load` also looks at how soon webhooks are answered, which wants a machine of its own.
    expect(result.doubleStarts).toEqual([]);
    expect(result.byProvider).toEqual({ LAMBDA: 20, EC2: 10 });
    expect(result.webhooks.lost).toBeGreaterThan(0);
    expect(result.webhooks.repeated).toBeGreaterThan(0);
  }, 200_000);
});
