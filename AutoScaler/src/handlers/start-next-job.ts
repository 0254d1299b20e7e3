import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { eventBusLater } from "../adapters/eventbridge/event-bus-later";
import { parseFreed } from "../queue/freed";
import { type NextJob, startNextJob } from "../queue/start-next-job";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./machine";

const env = readEnv(process.env, { ledgerTable: "LEDGER_TABLE", busName: "EVENT_BUS_NAME" });
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable),
  bus: eventBusLater(env.busName),
};

/** Task "Start next waiting job". Input: `{ freed }`, the slot that a start or an end released. */
export const handler = async (input: unknown): Promise<NextJob> => {
  const freed = parseFreed(input);
  const next = await startNextJob(parts, freed);
  const { kind, ...about } = freed;
  log.info("NEXT_JOB_DISPATCHED", {
    freed: kind,
    ...about,
    outcome: next.kind,
    jobId: next.kind === "dispatched" ? next.jobId : undefined,
  });
  return next;
};
