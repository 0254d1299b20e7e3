import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseJobEvent } from "../../../Core/model/job-event";
import { eventBusLater } from "../adapters/eventbridge/event-bus-later";
import { loadLater } from "../adapters/load-later";
import { isSkipped } from "../hints/ask-gitlab";
import { HintMemory } from "../hints/hint-memory";
import { parseHint } from "../hints/parse-hint";
import { type PickUp, recordPickUp } from "../pickup/record-pick-up";
import { machine } from "./machine";
import { saidBus } from "./said-bus";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, withTables } from "./wiring";

const env = readEnv(process.env, {
  ...GITLAB_VARIABLES,
  ledgerTable: "LEDGER_TABLE",
});
const configuration = configurationOf(env);
const bus = saidBus(eventBusLater(env.busName));
const tables = loadLater("The ledger", async () =>
  (await import("./ledger-and-counters")).ledgerAndCounters(env.ledgerTable),
);
const parts = {
  ...machine,
  hints: new HintMemory(),
  bus,
};

/** Target of the rule on `running`: stores which runner took the job, and pauses that runner. */
const handle = async (input: unknown): Promise<PickUp> => {
  const event = parseHint(machine, input, parseJobEvent);
  if (isSkipped(event)) {
    log.info("PICK_UP_RECORDED", { outcome: "nothing", reason: event.skipped, detail: event.detail });
    return { kind: "nothing", reason: event.skipped };
  }
  const outer = await withTables(gitLabOf(configuration, bus.load), tables);
  const pickUp = await recordPickUp({ ...parts, ...outer }, event);
  const { kind: outcome, ...fields } = pickUp;
  log.info("PICK_UP_RECORDED", { jobId: event.jobId, outcome, ...fields });
  return pickUp;
};

export const handler = sendingMetrics(configuration.collector, handle);
