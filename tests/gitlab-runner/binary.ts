import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** The stand-in for gitlab-runner. */
export const STAND_IN = resolve(__dirname, "../../local/gitlab-runner/gitlab-runner");

/**
 * A command that runs the stand-in with its own waits shortened: what takes it 300 s takes 3 s with 0.01. It is a
 * file, because the handler hands no variable on.
 */
export const scaledStandIn = (scale: number): string => {
  const path = join(mkdtempSync(join(tmpdir(), "stand-in-")), "gitlab-runner");
  writeFileSync(
    path,
    `#!/bin/sh\nGITLAB_RUNNER_STAND_IN_TIME_SCALE=${scale} exec '${process.execPath}' '${STAND_IN}' "$@"\n`,
  );
  chmodSync(path, 0o755);
  return path;
};

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
