import { basename, join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { ConfigurationError } from "../../Core/errors";
import type { Context } from "../context";
import { CLONE, KEPT_FOLDER } from "../deploy/answers/kept-answers";
import { findPins } from "./pins";

/** What MicroVMs' images are built from. */
interface CodeOrder {
  /** Infrastructure's cache bucket. */
  readonly bucket: string;
  /** PEM; undefined: a well-known authority vouches for GitLab. */
  readonly caCertificate: string | undefined;
}

const KEPT = join(KEPT_FOLDER, "microvm-code");

const optionsOf = async (context: Context, caCertificate: string | undefined): Promise<readonly string[]> => {
  const pins = join(KEPT, "pins.json");
  context.writeFile(pins, JSON.stringify(await findPins(context)));
  if (caCertificate === undefined) return ["--pins", pins];
  const ca = join(KEPT, "gitlab-ca.pem");
  context.writeFile(ca, caCertificate);
  return ["--pins", pins, "--ca", ca];
};

/**
 * Makes what MicroVMs' images are built from, and uploads it under the hash of its content.
 *
 * @returns MicroVmRunner's CodeKey
 * @throws ConfigurationError when it cannot be made
 */
export const uploadMicroVmCode = async (context: Context, order: CodeOrder): Promise<string> => {
  const script = join(CLONE, "scripts", "microvm-code.ts");
  const options = await optionsOf(context, order.caCertificate);
  const args = ["--import", "tsx", script, "--print", ...options];
  const { exitCode, output } = await context.runProgram({ program: process.execPath, args, cwd: CLONE });
  const path = output.trim().split("\n").at(-1) ?? "";
  if (exitCode !== 0 || !path.endsWith(".zip"))
    throw new ConfigurationError(`What MicroVMs' images are built from could not be made:\n${output.trim()}`);
  const Key = `microvm-code/${basename(path)}`;
  await context.clients
    .s3()
    .send(new PutObjectCommand({ Bucket: order.bucket, Key, Body: context.readFile(path) }));
  return Key;
};
