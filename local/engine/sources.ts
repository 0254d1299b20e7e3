import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const IGNORED = new Set([".aws-sam", "node_modules", "dist"]);

const filesBelow = (path: string): string[] => {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => !IGNORED.has(name) && !name.endsWith(".test.ts"))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
};

/** A hash of everything that a stack's build depends on: its folder, Core, the lock file, and their path. */
export const sourcesHash = (root: string, stack: string): string => {
  // A built template contains the paths of the workflows.
  const hash = createHash("sha256").update(`${root}\0`);
  for (const part of [stack, "Core", "package-lock.json", "tsconfig.json"]) {
    for (const file of filesBelow(join(root, part))) {
      hash
        .update(`${file.slice(root.length)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex").slice(0, 16);
};
