import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { TestedRunner } from "./runner-under-test";

const ROOT = resolve(__dirname, "../..");
const OWN = join(ROOT, "local/gitlab-runner/gitlab-runner");

/** Names the gitlab-runner that all of these tests run, in the place of the one in `local/`. */
export const BINARY_VARIABLE = "RUNNER_UNDER_TEST";

/** The gitlab-runner that the tests run. */
export const runnerPath = (): string => process.env[BINARY_VARIABLE] || OWN;

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
 * The gitlab-runner under test with its own waits shortened, where it can do that: what takes it 300 s takes 3 s with
 * 0.01. It is a file, because the handler hands no variable on.
 */
export const scaledRunner = (scale: number): TestedRunner => {
  if (process.env[BINARY_VARIABLE]) return { path: runnerPath(), scale: 1 };
  const lines = `GITLAB_RUNNER_STAND_IN_TIME_SCALE=${scale} exec '${process.execPath}' '${OWN}' "$@"`;
  return { path: command(`scaled-${scale}`, lines), scale };
};

/** A broken gitlab-runner: 50 MB on stderr without the end of a line. */
export const babbler = (): string =>
  command("babbler", "head -c 50000000 /dev/zero | tr '\\0' 'x' >&2; exit 1");

/** A gitlab-runner that writes one warning, and ends. */
export const talker = (message: string): string => {
  const line = JSON.stringify({ level: "warning", msg: message });
  return command("talker", `echo '${line}' >&2; exit 1`);
};

/** A gitlab-runner that is installed: `GITLAB_RUNNER`, else the one on PATH. Undefined, with the reason, where there is none. */
export const installedRunner = (): { readonly path?: string; readonly reason: string } => {
  const named = process.env.GITLAB_RUNNER;
  const folders = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "gitlab-runner"));
  for (const path of named ? [named] : folders) {
    const version = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
    if (version.status === 0 && !version.stdout.includes("not the real")) return { path, reason: "" };
  }
  return { reason: "no gitlab-runner on PATH or in GITLAB_RUNNER" };
};
