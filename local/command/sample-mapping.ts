import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../engine/run-command";
import type { Laptop } from "../laptop/laptop";
import { ROOT } from "../laptop/run-folder";

/** Uploads the sample pipeline's mapping with the operator's command line. */
export const uploadSampleMapping = async (laptop: Pick<Laptop, "env" | "run" | "stacks">): Promise<void> => {
  const functionArn = laptop.stacks.LambdaShellRunner.outputs.FunctionArn ?? "";
  const mapping = {
    jobs: [
      { name: "unit tests", tags: ["lambda"], type: "LAMBDA", lambdaArn: functionArn },
      { name: "image build", tags: ["docker"], type: "EC2" },
      { name: "api tests", tags: ["microvm"], type: "MICROVM" },
    ],
  };
  const path = join(laptop.run.path, "runner-mapping.json");
  writeFileSync(path, JSON.stringify(mapping, undefined, 2));
  const cli = join(ROOT, "HelperScripts/cli.ts");
  await runCommand({
    program: process.execPath,
    args: ["--import", "tsx", cli, "mapping", "upload", path, "--yes"],
    cwd: ROOT,
    env: { ...laptop.run.env, ...laptop.env },
  });
};
