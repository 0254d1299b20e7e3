import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { loadLater } from "../adapters/load-later";
import { parseEndReportEvent } from "../stop/report/end-report-event";
import { type RecordedReport, recordEndReport } from "../stop/report/record-end-report";
import { machine } from "./machine";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, withTables } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, ledgerTable: "LEDGER_TABLE" });
/** The function has ten seconds. A report is a hint: the reconciler asks for another look. */
const THROTTLED_MILLISECONDS = 5_000;
const configuration = configurationOf(env, { throttledMilliseconds: THROTTLED_MILLISECONDS });
const tables = loadLater("The ledger", async () => ({
  ledger: (await import("./ledger-wiring")).ledgerOf(env.ledgerTable),
}));

/** For GitLab's answer, of the same ten seconds. */
const TIMEOUT_MILLISECONDS = 5_000;

/** Task "Record end report". Input: `{ resourceId, status?, environment? }` from a report of an end. */
const handle = async (input: unknown): Promise<RecordedReport> => {
  const event = parseEndReportEvent(input);
  const outer = await withTables(gitLabOf(configuration, undefined, TIMEOUT_MILLISECONDS), tables);
  const recorded = await recordEndReport({ ...machine, ...outer }, event);
  const { kind: outcome, runnerId } = recorded;
  const reason = recorded.kind === "dropped" ? recorded.reason : undefined;
  log.info("END_REPORT_RECORDED", { requestId: event.resourceId, runnerId, outcome, reason });
  return recorded;
};

export const handler = sendingMetrics(configuration.collector, handle);
