import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { KEPT, type RunFolder } from "../laptop/run-folder";

/** The SAM CLI in the clone's Python environment. */
export const SAM = join(KEPT, "venv/bin/sam");

/** Environment of the SAM CLI: its state in the run's folder, without telemetry or version checks. */
export const samEnv = (run: RunFolder): Record<string, string> => {
  const folder = run.folder("sam");
  const state = {
    installationId: "00000000-0000-4000-8000-000000000000",
    telemetryEnabled: false,
    lastVersionCheck: Date.now() / 1_000,
  };
  writeFileSync(join(folder, "metadata.json"), JSON.stringify(state));
  return {
    ...run.env,
    __SAM_CLI_APP_DIR: folder,
    SAM_CLI_TELEMETRY: "0",
    // By default it polls a stack's state every five seconds.
    SAM_CLI_POLL_DELAY: "0.3",
  };
};

/** A SAM CLI that is loaded once and runs one command after another. */
export interface Sam {
  /** @throws Error with the command's output when it fails */
  run(args: readonly string[], cwd: string): Promise<void>;
  close(): void;
}

const KEPT_CHARACTERS = 4_000;

interface Answer {
  readonly code: number;
  readonly output: string;
}

/** Loads the SAM CLI. Its commands get the engine's environment variables. */
export const startSam = (run: RunFolder, env: Readonly<Record<string, string>>): Sam => {
  const child = spawn(join(KEPT, "venv/bin/python"), [join(__dirname, "sam.py")], {
    env: { ...samEnv(run), ...env },
    cwd: run.path,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const waiting: { resolve: (answer: Answer) => void }[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = `${errors}${chunk.toString()}`.slice(-KEPT_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on("line", (line) =>
    waiting.shift()?.resolve(JSON.parse(line) as Answer),
  );
  const lost = (why: string): void => {
    for (const { resolve } of waiting.splice(0)) resolve({ code: 1, output: `${why}\n${errors}` });
  };
  child.on("error", (error) => lost(error.message));
  child.on("exit", (code, signal) => lost(`the SAM CLI's process ended (${signal ?? code})`));
  child.stdin.on("error", () => undefined);
  const ask = (args: readonly string[], cwd: string): Promise<Answer> =>
    new Promise((resolve) => {
      waiting.push({ resolve });
      if (child.exitCode === null) child.stdin.write(`${JSON.stringify({ args, cwd })}\n`);
      else lost("the SAM CLI's process has ended");
    });
  return {
    run: async (args, cwd) => {
      const { code, output } = await ask(args, cwd);
      if (code !== 0)
        throw new Error(`sam ${args.join(" ")} failed (${code}):\n${output.slice(-KEPT_CHARACTERS)}`);
    },
    close: () => void child.kill("SIGKILL"),
  };
};
