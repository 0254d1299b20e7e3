import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..");
/** Folders that tools create; none of them is committed. */
const NOT_OURS = new Set([
  ".aws-sam",
  ".deploy",
  ".git",
  ".local",
  ".stryker-tmp",
  "coverage",
  "dist",
  "node_modules",
  "reports",
]);

const walk = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() ? [path] : [];
    });

/** Paths of the repository's own files, from its root and sorted. Works without git, as in an unpacked archive. */
export const repositoryFiles = (): readonly string[] => [...walk("")].sort();

/** A file's text, by its path from the root. */
export const readText = (path: string): string => readFileSync(join(ROOT, path), "utf8");
