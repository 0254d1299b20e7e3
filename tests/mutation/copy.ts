import { cpSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Used where they are: packages, and what `npm test` installed. */
const SHARED = ["node_modules", ".local"];
const LEFT_OUT = new Set([...SHARED, ".git", ".aws-sam", "dist", "reports", ".stryker-tmp"]);

/**
 * Copies the project without what was built, so that a fault can be put into it.
 *
 * @returns the copy's folder, which the caller removes
 */
export const makeCopy = (root: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  const isWanted = (source: string): boolean => !LEFT_OUT.has(source.slice(source.lastIndexOf("/") + 1));
  for (const name of readdirSync(root).filter(isWanted)) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: isWanted });
  }
  for (const name of SHARED) symlinkSync(join(root, name), join(folder, name));
  return folder;
};
