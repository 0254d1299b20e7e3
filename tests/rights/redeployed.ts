import { rmSync } from "node:fs";
import type { Laptop } from "../../local/laptop/laptop";
import { ROOT } from "../../local/laptop/run-folder";
import { changedBuild, deployOn } from "../end-to-end/deployments";
import { gitlabApi, type TestLaptop, until } from "../end-to-end/engine";

const PROJECT = 58;

/** Deploys AutoScaler again, as `sam deploy` does, with another text in its template. */
const redeploy = async (laptop: Laptop, from: string, to: string): Promise<void> => {
  const AutoScaler = changedBuild(laptop, from, to);
  const builds = { ...laptop.builds, AutoScaler };
  await deployOn(laptop, { root: ROOT, builds, parameters: () => ({}) }, ["AutoScaler"]).finally(() =>
    rmSync(AutoScaler, { recursive: true, force: true }),
  );
};

/** What counts is what is deployed at the moment of a call, not what was when the laptop started. */
export const redeployedWithoutRight = (get: () => TestLaptop): void => {
  it("a right that a template lacks from its next deployment on is missed from then on", async () => {
    const test = get();
    const from = test.refused.length;
    await redeploy(test.laptop, "lambda:ListTags", "lambda:ListAliases");
    test.laptop.host.forget();
    const [job] = await gitlabApi(test.laptop).pipeline(PROJECT, [{ name: "any", script: ["true"] }]);
    await until("a call is refused", 60_000, () => test.refused.length > from);
    expect(test.refused[from]?.message).toMatch(
      /StartLambdaRunnerRole\S* is not authorized to perform: lambda:ListTags /,
    );
    test.laptop.standIn?.cancelJob(job?.id ?? 0);
  }, 180_000);
};
