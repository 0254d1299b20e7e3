import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { loadLater } from "../adapters/load-later";
import { publishedImages } from "../adapters/ssm/microvm-images";
import { isSkipped } from "../hints/ask-gitlab";
import { HintMemory } from "../hints/hint-memory";
import { parseHint } from "../hints/parse-hint";
import { type FoundRunners, NO_RUNNERS } from "../stop/end-order";
import { findRunner } from "../stop/find-runner";
import { parseStopEvent } from "../stop/stop-event";
import { machine, timeout } from "./machine";
import { machinesOf } from "./machines-wiring";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, ssm, withTables } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, ledgerTable: "LEDGER_TABLE" });
const configuration = configurationOf(env);
const tables = loadLater("The ledger", async () =>
  (await import("./ledger-and-counters")).ledgerAndCounters(env.ledgerTable),
);
const parts = {
  ...machine,
  hints: new HintMemory(),
  ...machinesOf(publishedImages(ssm, env.path, timeout).all),
};

/** Task "Find runner". Input: a job event, or `{ runnerId?, resourceId?, reason }`. */
const handle = async (input: unknown): Promise<FoundRunners> => {
  const event = parseHint(machine, input, parseStopEvent);
  if (isSkipped(event)) {
    log.info("RUNNERS_FOUND", { outcome: "nothing", reason: event.skipped, detail: event.detail });
    return NO_RUNNERS;
  }
  const found = await findRunner({ ...parts, ...(await withTables(gitLabOf(configuration), tables)) }, event);
  const about = event.kind === "job" ? { jobId: event.job.jobId } : { runnerId: event.runnerId };
  const runnerIds = found.runners.flatMap(({ runnerId }) => runnerId ?? []);
  const outcome = runnerIds.length === 0 ? "nothing" : "found";
  log.info("RUNNERS_FOUND", { ...about, outcome, runnerIds, reason: found.runners[0]?.reason });
  return found;
};

export const handler = sendingMetrics(configuration.collector, handle);
