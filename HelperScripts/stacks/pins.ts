import { createHash } from "node:crypto";
import { join } from "node:path";
import { ConfigurationError } from "../../Core/errors";
import type { Context } from "../context";
import { CLONE, KEPT_FOLDER } from "../deploy/answers/kept-answers";
import { isFields } from "../gitlab/json";

export type Pins = Readonly<Record<string, string>>;

const DOCKERFILE = join(CLONE, "LambdaShellRunner", "Dockerfile");
const LINE = /^([A-Z][A-Z0-9_]*)=(\S+)$/;

const keptPins = ({ readFile }: Context, path: string): Pins | undefined => {
  try {
    const kept: unknown = JSON.parse(Buffer.from(readFile(path)).toString("utf8"));
    return isFields(kept) ? (kept as Pins) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The digests and checksums that the image is built by and the Dockerfile leaves open, each verified by `npm run pin`.
 * They are kept beside the answers, since the Dockerfile is not ours to change.
 *
 * @throws ConfigurationError when a publisher does not give one
 */
export const findPins = async (context: Context): Promise<Pins> => {
  const dockerfile = createHash("sha256").update(context.readFile(DOCKERFILE)).digest("hex");
  const path = join(KEPT_FOLDER, `pins-${dockerfile.slice(0, 16)}.json`);
  const kept = keptPins(context, path);
  if (kept !== undefined) return kept;
  context.console.err("Finding and verifying what the Lambda runner's image is built from …");
  const args = ["--import", "tsx", join(CLONE, "scripts", "pin.ts"), "--missing", "--print"];
  const { exitCode, output } = await context.runProgram({ program: process.execPath, args, cwd: CLONE });
  if (exitCode !== 0) {
    throw new ConfigurationError(
      `What the Lambda runner's image is built from could not be verified. Try again, or give an image that is pushed already with --image-uri.\n${output.trim()}`,
    );
  }
  const lines = output.split("\n").map((line) => LINE.exec(line));
  const pins = Object.fromEntries(lines.flatMap((line) => (line ? [[line[1], line[2]] as const] : [])));
  context.writeFile(path, `${JSON.stringify(pins, undefined, 2)}\n`);
  return pins;
};
