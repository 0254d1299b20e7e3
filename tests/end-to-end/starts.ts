import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { ownedProcesses } from "../../local/process/owned-processes";
import { START_MS, until } from "./engine";

/** One `npm start` with a home and a temporary folder of its own. */
export interface Start {
  readonly child: ChildProcess;
  readonly home: string;
  readonly temp: string;
  out(): string;
  errors(): string;
  exitCode(): Promise<number | null>;
}

export interface Ready {
  readonly webhook: string;
  readonly token: string;
  readonly gitlab: string;
  readonly accessToken?: string;
  readonly endpoint: string;
  readonly imageUri: string;
  readonly env: Readonly<Record<string, string>>;
}

const scratch = mkdtempSync(join(tmpdir(), "gitlab-runners-start-"));
const children: ChildProcess[] = [];

const COMMAND = [process.execPath, join(ROOT, "local/start.mjs")];
/** The Python that the laptop installs for itself. */
export const PYTHON = join(ROOT, ".local/venv/bin/python");

const startCommand = (
  [file = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Start => {
  const own = mkdtempSync(join(scratch, "run-"));
  const [home, temp] = [join(own, "home"), join(own, "temp")];
  for (const folder of [home, temp]) mkdirSync(folder);
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: temp, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  const written = { out: "", errors: "" };
  // A character may come in two chunks.
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.errors += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, home, temp, out: () => written.out, errors: () => written.errors, exitCode: () => ended };
};

export const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Start =>
  startCommand([...COMMAND, ...args], env);

/** `npm start` in a pseudo-terminal, in which the output for people and Ctrl-C are as users have them. */
export const startInTerminal = (columns: number): Start =>
  startCommand([PYTHON, join(__dirname, "in-terminal.py"), String(columns), ...COMMAND], { TERM: "xterm" });

export const ready = async (run: Start): Promise<Ready> => {
  await until("the ready line", START_MS, () => {
    if (run.child.exitCode !== null) throw new Error(`It ended: ${run.errors()}`);
    return run.out().includes("\n");
  });
  return JSON.parse(run.out()) as Ready;
};

export const runFolders = (run: Start): string[] =>
  readdirSync(run.temp).filter((name) => name.startsWith("gitlab-runners-"));

/** Waits until nothing runs any more and nothing is left in the home and the temporary folder. */
export const expectNothingLeft = async (run: Start, folder: string): Promise<void> => {
  await until("its folder is gone", 20_000, () => runFolders(run).length === 0);
  const variable = `GLR_LAPTOP_RUN=${folder}`;
  expect(ownedProcesses({ variable, folder })).toEqual([]);
  expect(readdirSync(run.home)).toEqual([]);
  expect(
    readdirSync(run.temp).filter((name) => name !== "node-compile-cache" && !name.startsWith("tsx-")),
  ).toEqual([]);
};

export const folderOf = (run: Start): string => join(run.temp, runFolders(run)[0] ?? "none");

export const isServing = async ({ webhook }: Ready): Promise<boolean> =>
  (await fetch(webhook, { method: "POST", body: "{}" })).status === 401;

/** Ends every run of the file and removes its folders. */
export const endAllStarts = (): void => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
};
