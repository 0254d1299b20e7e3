import { jobOf } from "../../Core/model/ledger";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { readHistory, runnerOf } from "../jobs/job-history";
import { ledgerReader } from "../ledger/ledger-reader";
import { refusedByGitLab } from "./ask-gitlab";
import type { ShellRefusal, ShellTarget } from "./refusals";
import { roleMayShell } from "./role-tag";

/** The machine that runs the job, by the ledger, or why none is opened. */
const byLedger = async (
  context: Context,
  deployment: Deployment,
  jobId: number,
): Promise<ShellTarget | ShellRefusal> => {
  const history = await readHistory(ledgerReader(context, deployment), jobId);
  const last = history?.attempts.at(-1);
  if (history === undefined || last === undefined) return "job-unknown";
  const runner = runnerOf(history, last);
  const { order, resourceId, busyJobId, runnerId } = runner ?? {};
  if (order?.runnerClass.type !== "EC2" || resourceId === undefined || runnerId === undefined)
    return "no-instance";
  if (order.runnerClass.ec2?.shell !== true) return "class-without-shell";
  if (order.onProtectedRef !== false) return order.onProtectedRef ? "ref-protected" : "ref-unknown";
  if (runner?.state !== "BUSY" || busyJobId !== jobId) return "job-not-running";
  return { jobId, projectId: jobOf(last).projectId, runnerId, instanceId: resourceId };
};

/** The machine that runs a job, where a shell may be opened on it; else the first reason against it. */
export const findMachine = async (
  context: Context,
  deployment: Deployment,
  jobId: number,
): Promise<ShellTarget | ShellRefusal> => {
  const target = await byLedger(context, deployment, jobId);
  if (typeof target === "string") return target;
  const refusal = await refusedByGitLab(context, deployment, target);
  if (refusal !== undefined) return refusal;
  return (await roleMayShell(context, deployment)) ? target : "role-without-tag";
};
