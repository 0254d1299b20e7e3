import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const POLL_MILLISECONDS = 5;

const isWithoutReader = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENXIO";

/**
 * Creates a FIFO in the folder. Nothing is written to it before a reader has opened it.
 *
 * @param env of the command that makes it: never the function's own, which holds its keys
 */
export const makeConfigPipe = async (
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> => {
  const path = join(folder, "config.toml");
  await promisify(execFile)("mkfifo", ["-m", "600", path], { env });
  return path;
};

/** Polls with a non-blocking `open`: a blocking one would occupy a thread until a reader comes, if ever. */
const openForWriting = async (path: string, signal: AbortSignal): Promise<FileHandle | undefined> => {
  while (!signal.aborted) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!isWithoutReader(error)) throw error;
      await sleep(POLL_MILLISECONDS);
    }
  }
  return undefined;
};

/**
 * Writes the text to the first reader of the pipe, and removes the pipe. So the token is in no file, argument or variable
 * that a job could read.
 *
 * @param signal aborted when no reader will come
 */
export const feedConfigPipe = async (path: string, text: string, signal: AbortSignal): Promise<void> => {
  const pipe = await openForWriting(path, signal);
  await rm(path, { force: true });
  await pipe?.writeFile(text);
  await pipe?.close();
};
