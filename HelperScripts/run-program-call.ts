import { spawn } from "node:child_process";
import type { ProgramCall, ProgramResult } from "./context";

const KEPT_CHARACTERS = 20_000;
const NO_SUCH_PROGRAM = 127;

/** Node gives null for a program that was ended, and less than 0 for one that could not be started. */
const exitCodeOf = (code: number | null): number => {
  if (code === null) return 1;
  return code < 0 ? NO_SUCH_PROGRAM : code;
};

/** GitLab's tokens are for this process alone. */
const SECRETS = ["GITLAB_ACCESS_TOKEN", "GITLAB_SETUP_TOKEN"];

const environment = (more: ProgramCall["env"]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries({ ...process.env, ...more }).filter(([name]) => !SECRETS.includes(name)));

/** Runs a program without a shell, to its end. */
export const runProgramCall = ({ program, args, cwd, env, signal }: ProgramCall): Promise<ProgramResult> =>
  new Promise((resolve) => {
    let output = "";
    const keep = (text: string): void => {
      output = `${output}${text}`.slice(-KEPT_CHARACTERS);
    };
    const child = spawn(program, args, {
      cwd,
      env: environment(env),
      stdio: ["ignore", "pipe", "pipe"],
      ...(signal ? { signal } : {}),
    });
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", ({ message }) => keep(message));
    child.on("close", (code) => resolve({ exitCode: exitCodeOf(code), output }));
  });

const nothing = (): void => undefined;

/** Runs a program that has this process's terminal. Ctrl-C is the program's, and does not end this process. */
export const runInteractiveCall = ({ program, args, cwd, env }: ProgramCall): Promise<number> =>
  new Promise((resolve) => {
    const end = (code: number): void => {
      process.off("SIGINT", nothing);
      resolve(code);
    };
    process.on("SIGINT", nothing);
    const child = spawn(program, args, { cwd, env: environment(env), stdio: "inherit" });
    child.on("error", () => end(NO_SUCH_PROGRAM));
    child.on("close", (code) => end(exitCodeOf(code)));
  });
