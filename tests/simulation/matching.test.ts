import { matched } from "./world/matching";
import { Simulation } from "./world/world";

describe("the matching of jobs and runners", () => {
  it.each([
    [0, []],
    [0, [[]]],
    [1, [["a"], ["a"]]],
    [2, [["a", "b"], ["a"]]],
    [3, [["a", "b"], ["a", "c"], ["a"]]],
    [2, [["a"], ["a", "b"], ["b"]]],
  ])("finds partners for %i of %j", (count, mayHave: string[][]) => {
    expect(matched(mayHave)).toHaveLength(count);
  });

  it("I-1: reports a job without a runner after five minutes", async () => {
    const world = new Simulation({ seed: 1, webhooks: { lost: 1 }, passes: false });
    world.addJob({ kind: "ec2" });
    for (let second = 0; second < 400; second += 5) world.after(second, () => world.checks.checkDemand());
    await world.run(290);
    expect([world.checks.unmet().length, world.checks.broken]).toEqual([1, []]);
    await world.run(130);
    expect(world.checks.broken[0]).toMatch(/^I-1: for five minutes no runner may take the jobs 1/);
  });
});
