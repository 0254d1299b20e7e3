import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { runCommand } from "../engine/run-command";
import { clientSettings } from "./client-settings";
import type { RunFolder } from "./run-folder";

/**
 * Makes what MicroVMs' images are built from, as users do. A failure may be awaited later.
 *
 * @returns the archive's path
 */
export const makeMicroVmCode = (root: string, run: RunFolder): Promise<string> => {
  const args = ["--import", "tsx", join(root, "scripts/microvm-code.ts"), "--print"];
  const made = runCommand({ program: process.execPath, args, cwd: root, env: run.env }).then((path) =>
    path.trim(),
  );
  made.catch(() => undefined);
  return made;
};

/** @returns the stack's CodeKey */
export const uploadMicroVmCode = async (
  env: Readonly<Record<string, string>>,
  Bucket: string,
  made: Promise<string>,
): Promise<string> => {
  const path = await made;
  const Key = `microvm-code/${basename(path)}`;
  const client = new S3Client({ ...clientSettings(env), forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket, Key, Body: readFileSync(path) }));
  client.destroy();
  return Key;
};
