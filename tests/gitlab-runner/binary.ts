import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

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
