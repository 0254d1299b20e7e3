import { spawn } from "node:child_process";

/** A command and its working directory. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const KEPT_CHARACTERS = 4_000;

/**
 * Runs a command to its end.
 *
 * @returns what it wrote to stdout
 * @throws Error with its last output when it fails
 */
export const runCommand = ({ program, args, cwd, env }: Command): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const out: string[] = [];
    const errors: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(out.join(""));
      const last = `${out.join("")}${errors.join("")}`.slice(-KEPT_CHARACTERS);
      reject(new Error(`${program} ${args.join(" ")} failed (${signal ?? code}):\n${last}`));
    });
  });
