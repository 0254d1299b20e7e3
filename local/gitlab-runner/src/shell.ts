import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { milliseconds } from "./time";

/** The end of a script: its exit code, or the error with which its shell did not start. */
export type ShellEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "not-started"; readonly error: string };

const SIGNAL_CODES = 128;
const FORCED_END_SECONDS = 600;

/**
 * The output pipe. It is a FIFO, because Node's own pipe is a socket, on which a script cannot open `/dev/stdout`. Both
 * ends are opened here, so that nothing blocks.
 */
const outputPipe = (folder: string): { readonly source: Socket; readonly writeEnd: number } => {
  const path = join(folder, `output-${process.pid}-${performance.now()}`);
  // Not with the job's PATH: a PATH without bash must fail at the job's shell.
  execFileSync("mkfifo", ["-m", "600", path], { env: { PATH: "/usr/bin:/bin" } });
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { source: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
};

/** Runs a script in a login shell with a process group of its own. */
export class Shell {
  private child: ChildProcess | undefined;
  private forced: NodeJS.Timeout | undefined;
  private leave: (end: ShellEnd) => void = () => {};

  /**
   * Ends when the shell has ended and its output is closed. As in gitlab-runner, a background process that holds stdout
   * keeps the job running.
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

  /** Stops waiting for the script; its processes keep running. */
  abandon(): void {
    this.leave({ kind: "exited", code: SIGNAL_CODES + signalNumber("SIGTERM") });
  }

  /** Sends SIGTERM to the script's process group, and SIGKILL after ten minutes. */
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
      // The process group has ended.
    }
  }
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === "SIGKILL" ? 9 : signal === "SIGTERM" ? 15 : 1;
