import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { milliseconds } from "./time";

/** How a script ended: by its exit code, or because its shell could not be started. */
export type ShellEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "not-started"; readonly error: string };

const SIGNAL_CODES = 128;
const FORCED_END_SECONDS = 600;

/**
 * The output pipe. It is a FIFO and not Node's own pipe, which is a socket: a script that opens `/dev/stdout`
 * would fail on that. Both ends are opened here, so nothing blocks.
 */
const outputPipe = (folder: string): { readonly source: Socket; readonly writeEnd: number } => {
  const path = join(folder, `output-${process.pid}-${performance.now()}`);
  // Not by the job's PATH: a PATH without bash has to show as such.
  execFileSync("mkfifo", ["-m", "600", path], { env: { PATH: "/usr/bin:/bin" } });
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { source: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
};

/** A script in a login shell, with a process group of its own in the runner's session. */
export class Shell {
  private child: ChildProcess | undefined;
  private forced: NodeJS.Timeout | undefined;
  private leave: (end: ShellEnd) => void = () => {};

  /**
   * Ends when the shell has ended AND nothing holds its output any more: a process left in the background with
   * the script's stdout keeps the job going, as it does with the runner.
   */
  async run(script: string, folder: string, onOutput: (bytes: Buffer) => void): Promise<ShellEnd> {
    const { source, writeEnd } = outputPipe(folder);
    source.on("data", onOutput);
    const drained = new Promise<void>((resolve) => source.once("close", () => resolve()));
    const child = spawn("bash", ["--login"], { detached: true, stdio: ["pipe", writeEnd, writeEnd] });
    this.child = child;
    const ended = new Promise<ShellEnd>((resolve) => {
      child.once("error", (error) => resolve({ kind: "not-started", error: error.message }));
      child.once("exit", (code, signal) =>
        resolve({ kind: "exited", code: code ?? SIGNAL_CODES + signalNumber(signal) }),
      );
    });
    closeSync(writeEnd);
    child.stdin?.on("error", () => {});
    child.stdin?.end(script);
    const left = new Promise<ShellEnd>((resolve) => {
      this.leave = resolve;
    });
    const end = await Promise.race([drained.then(() => ended), left]);
    clearTimeout(this.forced);
    return end;
  }

  /** The script is not waited for any longer; whatever of it runs goes on. */
  abandon(): void {
    this.leave({ kind: "exited", code: SIGNAL_CODES + signalNumber("SIGTERM") });
  }

  /** TERM to the script's process group, KILL after ten minutes. */
  stop(): void {
    this.signal("SIGTERM");
    this.forced ??= setTimeout(() => this.signal("SIGKILL"), milliseconds(FORCED_END_SECONDS)).unref();
  }

  private signal(name: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The group is gone: nothing to stop.
    }
  }
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === "SIGKILL" ? 9 : signal === "SIGTERM" ? 15 : 1;
