import { spawn } from "node:child_process";
import { log } from "../../../Core/log";
import type { RunRequest } from "../hooks/run-request";

/** The request as Lambda brought it, for the other process to read. */
const bodyOf = ({ microvmId, payload }: RunRequest): string =>
  JSON.stringify({ microvmId, runHookPayload: JSON.stringify(payload) });

/**
 * Starts the process that runs the job. The token reaches it through a pipe: a command line and an environment can be read by
 * others.
 */
export const startRun = ([program = "", ...words]: readonly string[], request: RunRequest): void => {
  const child = spawn(program, words, { stdio: ["pipe", "inherit", "inherit"] });
  child.once("error", ({ message }) => log.error("RUN_NOT_STARTED", { message }));
  child.once("exit", (code, signal) => log.info("RUN_ENDED", { exitCode: code, signal }));
  child.stdin.once("error", () => {});
  child.stdin.end(bodyOf(request));
};
