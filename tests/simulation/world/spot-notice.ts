import { readFileSync } from "node:fs";
import { join } from "node:path";

const SCRIPT = readFileSync(join(__dirname, "../../../Ec2Runner/user-data.sh"), "utf8");

const millisecondsIn = (pattern: RegExp): number => {
  const seconds = Number(pattern.exec(SCRIPT)?.[1]);
  if (!Number.isFinite(seconds)) throw new Error(`Ec2Runner/user-data.sh has no ${pattern}`);
  return seconds * 1_000;
};

/** How a machine heeds a spot notice, read from the shipped script. */
export const SPOT_NOTICE = {
  /** It looks for a notice this often. */
  looksEvery: millisecondsIn(/next_look=\$\(\(SECONDS \+ (\d+)\)\)/),
  /** A job may run on for so long before it is interrupted. */
  grace: millisecondsIn(/SECONDS >= interruption \+ (\d+)/),
} as const;
