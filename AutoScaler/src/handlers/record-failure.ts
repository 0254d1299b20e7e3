import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseFailure } from "../start/failure-input";
import { type RecordedFailure, recordFailure } from "../start/record-failure";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./machine";
import { collectorLater } from "./parameter-store-later";
import { sendingMetrics } from "./sending-metrics";

const env = readEnv(process.env, { path: "CONFIGURATION_PATH", ledgerTable: "LEDGER_TABLE" });
const parts = { ...machine, ledger: ledgerOf(env.ledgerTable) };

/** Task "Record failure". Input: `{ event, error: { Error, Cause } }` as a Catch makes it. */
const handle = async (input: unknown): Promise<RecordedFailure> => {
  const failure = parseFailure(input);
  const recorded = await recordFailure(parts, failure);
  log.error("WORKFLOW_FAILED", { ...failure.about, error: failure.error, outcome: recorded.kind });
  return recorded;
};

export const handler = sendingMetrics(collectorLater(env.path), handle);
