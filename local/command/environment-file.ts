import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** As a shell takes it literally. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes the laptop's variables into a file that a shell reads, for this user alone: it holds the laptop's own credentials.
 *
 * @param folder the run's, which goes when the laptop stops
 * @returns the file's path
 */
export const writeEnvironmentFile = (folder: string, env: Readonly<Record<string, string>>): string => {
  const path = join(folder, "env");
  const lines = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return path;
};
