import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PATCHES = join(__dirname, "patches");

/** A fault to put into the code, and the test that has to notice it. */
export interface FaultPatch {
  readonly name: string;
  /** The patch's own path. */
  readonly file: string;
  /** The fault in one sentence. */
  readonly why: string;
  /** The test's path from the repository's root. */
  readonly test: string;
  /** Part of the titles of the tests to run. */
  readonly title: string;
}

const field = (text: string, name: string): string =>
  new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1] ?? "";

const readPatch = (fileName: string): FaultPatch => {
  const file = join(PATCHES, fileName);
  const text = readFileSync(file, "utf8");
  const why = text.split("\n")[0] ?? "";
  const name = fileName.replace(/\.patch$/, "");
  return { name, file, why, test: field(text, "Test"), title: field(text, "Title") };
};

/** All patches of `patches/`, by name. A field that a patch lacks is empty. */
export const readPatches = (): readonly FaultPatch[] => readdirSync(PATCHES).sort().map(readPatch);
