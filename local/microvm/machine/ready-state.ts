import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unzipSync } from "fflate";
import type { ImageVersion } from "../images";
import { callHook, type MachineSettings, type MicroVmMachine, startMachine, USES } from "./machine";

const PROGRAM = "glr/microvm.cjs";
const READY_SECONDS = 60;
const POLL_MS = 100;

/** What the image's program has made of a folder until it was ready: each MicroVM begins with a copy. */
export interface ReadyState {
  readonly folder: string;
  /** The random numbers that were made before; see snapshot.cjs. */
  readonly seed: string;
}

const unpack = (archive: Buffer, folder: string): void => {
  const program = unzipSync(archive)[PROGRAM];
  if (program === undefined) throw new Error(`The code of the image has no ${PROGRAM}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "microvm.cjs"), program);
};

const untilReady = async ({ socketPath }: MicroVmMachine): Promise<void> => {
  for (const until = Date.now() + READY_SECONDS * 1_000; Date.now() < until; await sleep(POLL_MS)) {
    const status = await callHook(socketPath, "ready").catch(() => 503);
    if (status === 200) return;
    if (status !== 503) throw new Error(`The hook ready answered ${status}`);
  }
  throw new Error(`The hook ready did not answer 200 within ${READY_SECONDS} s`);
};

const checkUses = (folder: string): void => {
  const path = join(folder, USES);
  const uses = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  if (uses.length === 0) return;
  throw new Error(
    `The image's program makes before the hook run what every MicroVM would then have in common: ${uses.join(", ")}`,
  );
};

/**
 * Builds an image's state as Lambda does: its program until `ready`, then `validate`.
 *
 * @param archive the code that the image is built from
 * @throws Error when a hook fails, or the program makes something that has to differ between MicroVMs
 */
export const buildReadyState = async (
  image: ImageVersion,
  archive: Buffer,
  settings: MachineSettings,
): Promise<ReadyState> => {
  const name = `${image.imageArn.split(":").at(-1)}-${image.imageVersion}`;
  const seed = createHash("sha256").update(name).digest("hex");
  const folder = join(settings.folder, `image-${seed.slice(0, 12)}`);
  const built = join(settings.folder, `build-${seed.slice(0, 12)}`);
  unpack(archive, built);
  const machine = await startMachine(built, seed, settings);
  try {
    await untilReady(machine);
    const status = await callHook(machine.socketPath, "validate");
    if (status !== 200) throw new Error(`The hook validate answered ${status}: ${machine.readConsole()}`);
    await machine.end();
    checkUses(built);
    machine.forget();
    cpSync(built, folder, { recursive: true, verbatimSymlinks: true });
    return { folder, seed };
  } finally {
    await machine.end();
    rmSync(built, { recursive: true, force: true, maxRetries: 3 });
  }
};
