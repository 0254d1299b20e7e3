import "./quiet-sdk";

import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { awsClients } from "./aws-clients";
import { terminal } from "./console/terminal";
import type { Context } from "./context";
import { runProgram } from "./program";
import { runInteractiveCall, runProgramCall } from "./run-program-call";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const context: Context = {
  console: terminal(),
  clients: awsClients(process.env),
  clientsIn: (home) => awsClients(process.env, home),
  runProgram: runProgramCall,
  runInteractive: runInteractiveCall,
  fetch: globalThis.fetch,
  now: Date.now,
  sleep: (milliseconds) => sleep(milliseconds),
  random: () => randomBytes(32).toString("hex"),
  env: process.env,
  readFile: (path) => readFileSync(path),
  writeFile: (path, text, mode) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    if (mode !== undefined) chmodSync(path, mode);
  },
  onInterrupt: (listener) => {
    const forget = (): void => {
      for (const signal of SIGNALS) process.off(signal, once);
    };
    const once = (): void => {
      forget();
      listener();
    };
    for (const signal of SIGNALS) process.on(signal, once);
    return forget;
  },
};

/** Who reads no further, like `head`, has what was asked for: no error. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

const main = async (): Promise<void> => {
  process.exitCode = await runProgram(process.argv.slice(2), context);
};

void main();
