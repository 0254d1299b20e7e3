import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const LOOK_AGAIN_MILLISECONDS = 5;

const isWithoutReader = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENXIO";

/** A FIFO in the folder. Nothing is written to it before somebody has opened it to read. */
export const makeConfigPipe = async (folder: string): Promise<string> => {
  const path = join(folder, "config.toml");
  await promisify(execFile)("mkfifo", ["-m", "600", path]);
  return path;
};

/** Opens without waiting, again and again: a wait in `open` would hold a thread until a reader comes, if ever. */
const openForWriting = async (path: string, signal: AbortSignal): Promise<FileHandle | undefined> => {
  while (!signal.aborted) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!isWithoutReader(error)) throw error;
      await sleep(LOOK_AGAIN_MILLISECONDS);
    }
  }
  return undefined;
};

/**
 * Hands the text to the first reader of the pipe and removes the pipe: the token is in no file, argument or
 * variable, and a job that comes later finds nothing.
 *
 * @param signal aborted when the reader is known not to come
 */
export const feedConfigPipe = async (path: string, text: string, signal: AbortSignal): Promise<void> => {
  const pipe = await openForWriting(path, signal);
  await rm(path, { force: true });
  await pipe?.writeFile(text);
  await pipe?.close();
};
