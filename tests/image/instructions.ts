import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The shipped Dockerfile of the Lambda runner. */
export const dockerfile = readFileSync(join(__dirname, "../../LambdaShellRunner/Dockerfile"), "utf8");

/** Its instructions, one line each, without comments. */
export const instructions = dockerfile
  .replace(/^\s*#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");

export const runs = instructions.filter((line) => line.startsWith("RUN "));
export const downloads = runs.filter((line) => line.includes("curl"));
