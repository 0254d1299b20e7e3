import { readEnv } from "../../../Core/env";
import { log } from "../../../Core/log";
import { parseEndReportEvent } from "../stop/report/end-report-event";
import { type RecordedReport, recordEndReport } from "../stop/report/record-end-report";
import { ledgerOf } from "./ledger-wiring";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, machine } from "./wiring";

const env = readEnv(process.env, { ...GITLAB_VARIABLES, ledgerTable: "LEDGER_TABLE" });
const configuration = configurationOf(env);
const ledger = ledgerOf(env.ledgerTable);

/** The function has ten seconds, of which it may wait for three. */
const TIMEOUT_MILLISECONDS = 5_000;

/** Task "Record end report". Input: `{ resourceId, status?, environment? }` of a report that an invocation has ended. */
export const handler = async (input: unknown): Promise<RecordedReport> => {
  const event = parseEndReportEvent(input);
  const gitLab = await gitLabOf(configuration, undefined, TIMEOUT_MILLISECONDS);
  const recorded = await recordEndReport({ ...machine, ledger, gitLab }, event);
  const { kind: outcome, runnerId } = recorded;
  const reason = recorded.kind === "dropped" ? recorded.reason : undefined;
  log.info("END_REPORT_RECORDED", { requestId: event.resourceId, runnerId, outcome, reason });
  return recorded;
};
