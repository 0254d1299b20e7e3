import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const command = (name: string, ...words: string[]): boolean =>
  spawnSync(name, words, { stdio: "ignore" }).status === 0;

/** Mounts a file system of its own at the folder. @returns false where this user may not */
export const mountSmallDisk = (folder: string, kibibytes: number): boolean =>
  process.platform === "linux" &&
  command("mount", "-t", "tmpfs", "-o", `size=${kibibytes}k`, "small-disk", folder);

/** At once, although a process may still stand in it. */
export const unmountSmallDisk = (folder: string): boolean => command("umount", "-l", folder);

/** Whether this user may mount file systems on this machine. */
export const maySmallDiskBeMounted = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  const isMounted = mountSmallDisk(folder, 64);
  if (isMounted) unmountSmallDisk(folder);
  rmSync(folder, { recursive: true, force: true });
  return isMounted;
};
