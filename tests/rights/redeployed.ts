import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deployStack } from "../../local/engine/deploy";
import { startSam } from "../../local/engine/sam";
import { clientSettings } from "../../local/laptop/client-settings";
import type { Laptop } from "../../local/laptop/laptop";
import { ROOT } from "../../local/laptop/run-folder";
import { gitlabApi, type TestLaptop, until } from "../end-to-end/engine";

const PROJECT = 58;

/** AutoScaler's build beside the real one, with another text in its template. */
const changedBuild = ({ builds }: Laptop, from: string, to: string): string => {
  const folder = join(dirname(builds.AutoScaler), `changed-${process.pid}`);
  cpSync(builds.AutoScaler, folder, { recursive: true });
  const path = join(folder, "template.yaml");
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`The template has no ${from}`);
  writeFileSync(path, text.replaceAll(from, to));
  return folder;
};

/** Deploys AutoScaler again, as `sam deploy` does, with another text in its template. */
const redeploy = async (laptop: Laptop, from: string, to: string): Promise<void> => {
  const folder = changedBuild(laptop, from, to);
  const sam = startSam(laptop.run, laptop.aws.samEnv);
  try {
    await deployStack(
      {
        root: ROOT,
        operator: clientSettings(laptop.env),
        sam,
        builds: { ...laptop.builds, AutoScaler: folder },
      },
      "AutoScaler",
      { hostUrl: (functionId) => laptop.host.functionUrl("AutoScaler", functionId) },
      { DefaultRunnerArn: laptop.stacks.LambdaShellRunner.outputs.FunctionArn ?? "" },
    );
  } finally {
    sam.close();
    rmSync(folder, { recursive: true, force: true });
  }
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
