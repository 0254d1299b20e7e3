import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

const tryToTake = (path) => {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
};

const holderOf = (path) => {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
};

/** Removes the lock of a process that has died. A file without a number is still being written. */
const dropDeadLock = (path) => {
  const holder = holderOf(path);
  if (holder && !isAlive(holder)) rmSync(path, { force: true });
};

/**
 * Runs `work` in one process of this clone at a time.
 *
 * @param path the lock's file; its folder exists
 * @param onWait called once when another process holds the lock
 */
export const withLock = async (path, work, onWait) => {
  for (let tries = 0; !tryToTake(path); tries += 1) {
    if (tries === 1) onWait();
    dropDeadLock(path);
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
};
