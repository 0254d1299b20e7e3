import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The clone's root. */
export const ROOT = join(__dirname, "../..");
/** What is kept between runs: the Python environment, builds. Ignored by Git. */
export const KEPT = join(ROOT, ".local");

/** Set for every process of a run, to the run's folder: by it a process is known to be ours. */
export const RUN_MARK = "GLR_LAPTOP_RUN";

/** One run's folder: everything that a run writes and does not keep lies in it. */
export interface RunFolder {
  readonly path: string;
  /** A folder inside, made when it is not there yet. */
  folder(name: string): string;
  /** Bundles one of our TypeScript files to a CommonJS file inside, for a process or thread of its own. */
  compile(source: string): string;
  /** The environment of every child: none of the owner's variables but these, nothing of the owner's home. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the folder, and ends what of this run should still be alive. */
  close(): Promise<void>;
}

const compileInto = (path: string, source: string): string => {
  const name = source.split("/").slice(-2).join("-").replace(/\.ts$/, ".cjs");
  const outfile = join(path, name);
  const settings = ["--bundle", "--platform=node", "--format=cjs", "--target=node20", "--log-level=error"];
  // The program, not its API: that refuses to work inside Jest's own globals.
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), [source, ...settings, `--outfile=${outfile}`]);
  return outfile;
};

const kept = (name: string, otherwise: string): string => process.env[name] || otherwise;

/**
 * Makes a run's folder and starts its guard: a process that, when this one ends in whatever way (also by
 * SIGKILL), ends what the run has left behind and removes the folder.
 */
export const openRunFolder = (): RunFolder => {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "gitlab-runners-")));
  const folder = (name: string): string => {
    const inside = join(path, name);
    mkdirSync(inside, { recursive: true });
    return inside;
  };
  const env = {
    PATH: kept("PATH", "/usr/local/bin:/usr/bin:/bin"),
    HOME: folder("home"),
    TMPDIR: folder("tmp"),
    LANG: kept("LANG", "C.UTF-8"),
    [RUN_MARK]: path,
  };
  const compile = (source: string): string => compileInto(folder("compiled"), source);
  const guard = spawn(process.execPath, [compile(join(__dirname, "../process/cleanup-watchdog.ts")), path], {
    env: { PATH: env.PATH },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = new Promise<void>((resolve) => guard.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    guard.stdin.end();
    await gone;
    rmSync(path, { recursive: true, force: true });
  };
  return { path, folder, compile, env, close };
};
