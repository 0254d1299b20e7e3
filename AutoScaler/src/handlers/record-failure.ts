import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseFailure } from "../start/failure-input";
import { type RecordedFailure, recordFailure } from "../start/record-failure";
import { collectorLater } from "./collector-later";
import { ledgerOf } from "./ledger-wiring";
import { sendingMetrics } from "./sending-metrics";
import { machine } from "./wiring";

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
