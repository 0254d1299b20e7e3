import "./quiet-sdk";

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { awsClients } from "./aws-clients";
import { terminal } from "./console/terminal";
import type { Context } from "./context";
import { runProgram } from "./program";

const context: Context = {
  console: terminal(),
  clients: awsClients(process.env),
  fetch: globalThis.fetch,
  now: Date.now,
  sleep: (milliseconds) => sleep(milliseconds),
  random: () => randomBytes(32).toString("hex"),
  env: process.env,
  readFile: (path) => readFileSync(path),
  writeFile: (path, text) => writeFileSync(path, text),
};

const main = async (): Promise<void> => {
  process.exitCode = await runProgram(process.argv.slice(2), context);
};

void main();
