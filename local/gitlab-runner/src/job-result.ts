import type { JobLog } from "./job-log";
import type { RunnerLog } from "./runner-log";

/** Why a running job is being stopped, first reason first. */
export type Stop = "interrupted" | "canceling" | "aborted" | "timed-out";

/** What GitLab and the log are told of each. */
export const STOPPED: Record<Stop, { readonly reason: string; readonly text: string }> = {
  interrupted: { reason: "runner_interrupted", text: "aborted: terminated" },
  canceling: { reason: "job_canceled", text: "canceled" },
  aborted: { reason: "job_canceled", text: "canceled" },
  "timed-out": { reason: "job_execution_timeout", text: "execution took longer than the job's timeout" },
};

type Fields = Parameters<RunnerLog["info"]>[1] & object;

export const tellSuccess = (log: JobLog, runnerLog: RunnerLog, fields: Fields): void => {
  log.line("\u001b[32;1mJob succeeded\u001b[0;m");
  runnerLog.info("Job succeeded", fields);
};

/** @param fields with `failure_reason`: a failure of the runner's own is told apart */
export const tellFailure = (log: JobLog, runnerLog: RunnerLog, reason: string, fields: Fields): void => {
  const isOurs = fields.failure_reason === "runner_system_failure";
  const text = `Job failed${isOurs ? " (system failure)" : ""}: ${reason}`;
  log.line(`\u001b[31;1mERROR: ${text}\u001b[0;m`);
  runnerLog.warning(text, fields);
};

/** GitLab has not accepted the last report: the job still looks as if it were running. */
export const tellGivenUp = (runnerLog: RunnerLog, state: "success" | "failed", job: number): void =>
  runnerLog.error(`Job trace termination "${state === "success" ? "Success" : "Fail"}" failed`, { job });
