import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { eventBusLater } from "../adapters/event-bus-later";
import { parseClassKey } from "../domain/end-input";
import { type NextJob, startNextJob } from "../domain/start-next-job";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./wiring";

const env = readEnv(process.env, { ledgerTable: "LEDGER_TABLE", busName: "EVENT_BUS_NAME" });
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable),
  bus: eventBusLater(env.busName),
};

/** Task "Start next waiting job". Input: `{ classKey }`, the class in which a place became free. */
export const handler = async (input: unknown): Promise<NextJob> => {
  const classKey = parseClassKey(input);
  const next = await startNextJob(parts, classKey);
  log.info("NEXT_JOB_WOKEN", {
    classKey,
    outcome: next.kind,
    ...(next.kind === "woken" ? { jobId: next.jobId } : {}),
  });
  return next;
};
