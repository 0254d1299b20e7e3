import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tests/templates/read-template";
import { type Bundle, bundleFunctions } from "./bundle-functions";

/**
 * Bundles the functions of another version of this repository with the packages that are installed now.
 *
 * @param revision a commit that the repository has
 * @throws Error when the commit is missing, or when that version needs packages that are not installed
 */
export const bundleVersion = async (folder: string, revision: string): Promise<readonly Bundle[]> => {
  const root = join(folder, "version");
  mkdirSync(root);
  const archive = execFileSync("git", ["archive", revision], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x", "-C", root], { input: archive });
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return bundleFunctions(join(folder, "bundles"), root);
};
