import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** The stand-in for gitlab-runner. */
export const STAND_IN = join(ROOT, "local/gitlab-runner/gitlab-runner");

/** A command of a few lines of shell, in the folder of what the clone builds. */
const command = (name: string, lines: string): string => {
  const folder = join(ROOT, ".local/gitlab-runner");
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
};

/**
 * A command that runs the stand-in with its own waits shortened: what takes it 300 s takes 3 s with 0.01. It is a
 * file, because the handler hands no variable on.
 */
export const scaledStandIn = (scale: number): string =>
  command(
    `stand-in-${scale}`,
    `GITLAB_RUNNER_STAND_IN_TIME_SCALE=${scale} exec '${process.execPath}' '${STAND_IN}' "$@"`,
  );

/** A broken gitlab-runner: 50 MB on stderr without the end of a line. */
export const babbler = (): string =>
  command("babbler", "head -c 50000000 /dev/zero | tr '\\0' 'x' >&2; exit 1");

/** The real gitlab-runner: `GITLAB_RUNNER`, else the one on PATH. Undefined, with the reason, where there is none. */
export const realGitLabRunner = (): { readonly path?: string; readonly reason: string } => {
  const named = process.env.GITLAB_RUNNER;
  const folders = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "gitlab-runner"));
  for (const path of named ? [named] : folders) {
    const version = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
    if (version.status === 0 && !version.stdout.includes("Stand-in")) return { path, reason: "" };
  }
  return { reason: "no gitlab-runner on PATH or in GITLAB_RUNNER" };
};
