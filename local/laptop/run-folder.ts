import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The clone's root. */
export const ROOT = join(__dirname, "../..");
/** Files that are kept between runs: the Python environment and builds. Ignored by Git. */
export const KEPT = join(ROOT, ".local");

/** Set to the run's folder in every process of a run, which identifies the process. */
export const RUN_MARK = "GLR_LAPTOP_RUN";

/** The folder of one run, with all its temporary files. */
export interface RunFolder {
  readonly path: string;
  /** Creates a folder inside, if it does not exist. */
  folder(name: string): string;
  /** Bundles a TypeScript file to a CommonJS file inside, for another process or thread. */
  compile(source: string): string;
  /** The environment of every child process: no other variables of the user, and a home of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the remaining processes of the run and removes the folder. */
  close(): Promise<void>;
}

const compileInto = (path: string, source: string): string => {
  const name = source.split("/").slice(-2).join("-").replace(/\.ts$/, ".cjs");
  const outfile = join(path, name);
  const settings = ["--bundle", "--platform=node", "--format=cjs", "--target=node20", "--log-level=error"];
  // The command, since esbuild's API does not work inside Jest.
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), [source, ...settings, `--outfile=${outfile}`]);
  return outfile;
};

const kept = (name: string, otherwise: string): string => process.env[name] || otherwise;

/**
 * Creates a run's folder and starts its cleanup watchdog: a process that outlives this one, even after SIGKILL,
 * ends the remaining processes of the run and removes the folder.
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
  const watchdog = spawn(
    process.execPath,
    [compile(join(__dirname, "../process/cleanup-watchdog.ts")), path],
    {
      env: { PATH: env.PATH },
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  const exited = new Promise<void>((resolve) => watchdog.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    watchdog.stdin.end();
    await exited;
    rmSync(path, { recursive: true, force: true });
  };
  return { path, folder, compile, env, close };
};
