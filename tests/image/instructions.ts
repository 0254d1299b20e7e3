import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The Lambda runner's Dockerfile as it is shipped. */
export const dockerfile = readFileSync(join(__dirname, "../../LambdaShellRunner/Dockerfile"), "utf8");

/** One line an instruction, without comments. */
export const instructions = dockerfile
  .replace(/^\s*#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");

export const runs = instructions.filter((line) => line.startsWith("RUN "));
export const downloads = runs.filter((line) => line.includes("curl"));
