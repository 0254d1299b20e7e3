import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";

const SHIPPED = [
  "AutoScaler",
  "Core",
  "Infrastructure",
  "LambdaShellRunner",
  "MicroVmRunner",
  "package-lock.json",
  // They make what MicroVMs' images are built from.
  "scripts/microvm-code",
  "scripts/microvm-code.ts",
  "tsconfig.json",
];

/** A copy of what is deployed, which a test may change. */
export interface CopiedClone {
  readonly path: string;
  /** Replaces a text of a shipped file. It throws when the text is missing: the test would prove nothing then. */
  change(file: string, from: string, to: string): void;
  remove(): void;
}

/** @param more folders besides those that are deployed */
export const copyClone = (more: readonly string[] = []): CopiedClone => {
  const path = mkdtempSync(join(tmpdir(), "gitlab-runners-copy-"));
  for (const name of [...SHIPPED, ...more]) cpSync(join(ROOT, name), join(path, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
  return {
    path,
    change: (file, from, to) => {
      const text = readFileSync(join(path, file), "utf8");
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
      writeFileSync(join(path, file), text.replace(from, to));
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
};
