import { NEW_ACCOUNT } from "../../local/limits/account-limits";
import { gitlabApi, openLaptop, reconcile, START_MS, type TestLaptop, until, untilAllGone } from "./engine";

const SAMPLE_PROJECT = 1;

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop({ limits: NEW_ACCOUNT });
  // A pass tells how many Lambda runners such an account allows.
  await reconcile(test.laptop);
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
}, 30_000);

/** Lambda functions that ran at the same time, at most. */
const mostAtOnce = (): number => {
  const moments = test.calls.flatMap(({ startedAt, endedAt }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  let now = 0;
  let most = 0;
  // At the same moment the one that ends goes first.
  for (const { by } of moments.sort((one, other) => one.at - other.at || one.by - other.by)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
};

/** On a machine with nothing else to do the sample takes forty seconds; beside other tests it may take minutes. */
describe("an account as new as they come", () => {
  it("F-77: runs the sample pipeline to its end, without spot, and leaves nothing", async () => {
    const { laptop } = test;
    const ids = laptop.standIn?.runSample() ?? [];
    const jobs = await untilAllGone(laptop, SAMPLE_PROJECT, ids, 240_000);
    const statuses = Object.fromEntries(jobs.map(({ name, status }) => [name, status]));
    expect(statuses).toEqual({
      hello: "success",
      "unit tests": "success",
      "image build": "success",
      "broken check": "failed",
      deploy: "canceled",
    });
    expect(laptop.ec2.instances().map(({ boughtAs }) => boughtAs)).toEqual(["on-demand"]);
    const { account } = await laptop.status();
    expect(account?.refused.map(({ name }) => name)).toContain("Service-linked role for EC2 Spot");
  }, 270_000);

  it("F-77: starts no more Lambda runners than leave the control plane room, and loses none", async () => {
    const { laptop } = test;
    const created = await gitlabApi(laptop).pipeline(
      7,
      Array.from({ length: 8 }, (_, index) => ({ name: `job ${index}`, script: ["sleep 2"] })),
    );
    const ids = created.map(({ id }) => id);
    let most = 0;
    const watch = (async () => {
      await until("all have ended", 240_000, async () => {
        most = Math.max(most, laptop.host.runnerPids().length);
        return (
          laptop.standIn?.jobs().every(({ status }) => status !== "pending" && status !== "running") ?? true
        );
      });
    })();
    const [jobs] = await Promise.all([untilAllGone(laptop, 7, ids, 270_000), watch]);
    expect(jobs.map(({ status }) => status)).toEqual(ids.map(() => "success"));
    // At the same time, or the limit would not be met.
    expect(most).toBeGreaterThan(2);
    // Half of the account's concurrency is the runners'.
    expect(most).toBeLessThanOrEqual(5);
    // A new account's concurrency.
    expect(mostAtOnce()).toBeLessThanOrEqual(10);
  }, 300_000);
});
