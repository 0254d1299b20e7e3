import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";
import {
  type EndReport,
  type Runner,
  type StartedRunner,
  type Time,
  touch,
} from "../../../../Core/model/ledger";
import type { ReportSkipCode } from "../../../../Core/model/reasons";
import type { Dependencies } from "../../dependencies";
import { retryOnConflict } from "../../ledger/commit";
import { MAX_REPORTS, REPORT_SETTLES_MILLISECONDS, SILENCE_SECONDS } from "../../timing";
import type { EndReportEvent } from "./end-report-event";

export type ReportDependencies = Pick<Dependencies, "ledger" | "gitLab" | "clock">;

/** What the workflow does next: wait and then look for the runner's end, or nothing. */
export type RecordedReport =
  | { readonly kind: "wait"; readonly runnerId: number; readonly waitSeconds: number }
  | { readonly kind: "dropped"; readonly runnerId?: number; readonly reason: ReportSkipCode };

const isEnding = ({ state }: Runner): boolean => state === "ENDING" || state === "GONE";

const read = async (
  { ledger }: ReportDependencies,
  requestId: string,
): Promise<StartedRunner | undefined> => {
  const found = await ledger.byResource(requestId);
  return found?.kind === "runner" && found.provider === "LAMBDA" ? found : undefined;
};

/** Reads an open or unknown runner again after three seconds: by then most runners are ending. */
const runnerOf = async (
  dependencies: ReportDependencies,
  requestId: string,
): Promise<StartedRunner | undefined> => {
  const first = await read(dependencies, requestId);
  if (first !== undefined && isEnding(first)) return first;
  await dependencies.clock.sleep(REPORT_SETTLES_MILLISECONDS);
  return read(dependencies, requestId);
};

const environmentOf = ({ endReport }: Runner, { environment }: EndReportEvent): string =>
  environment ?? endReport?.environment ?? "";

const reasonToSkip = (runner: Runner, event: EndReportEvent): ReportSkipCode | undefined => {
  if (isEnding(runner)) return "ending";
  if (event.isOtherDelivery || runner.otherDeliveries?.includes(environmentOf(runner, event))) {
    return "other-delivery";
  }
  return (runner.endReport?.looks ?? 0) >= MAX_REPORTS ? "looks-used-up" : undefined;
};

/** Time of the last contact; 0: no contact ever, or no record any more. Undefined: no answer from GitLab. */
const contactOf = async ({ gitLab }: ReportDependencies, runnerId: number): Promise<Time | undefined> => {
  try {
    return (await gitLab.runner(runnerId))?.contactedAt ?? 0;
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

type Change = (runner: Runner) => Pick<Runner, "endReport" | "otherDeliveries">;

/** @returns false if the runner was no longer open */
const change = ({ ledger }: ReportDependencies, runnerId: number, patch: Change): Promise<boolean> =>
  retryOnConflict(ledger, async () => {
    const runner = await ledger.runner(runnerId);
    if (runner === undefined || isEnding(runner)) return { changes: [], result: false };
    return { changes: [{ put: touch(runner, patch(runner)) }], result: true };
  });

/** The log line of the other delivery may come after its report. The report is then no longer followed. */
const recordOtherDelivery = (
  dependencies: ReportDependencies,
  { runnerId }: Runner,
  environment: string | undefined,
): Promise<unknown> =>
  change(dependencies, runnerId, ({ otherDeliveries = [] }) => ({
    otherDeliveries: [...new Set([...otherDeliveries, ...(environment ? [environment] : [])])].slice(
      -MAX_REPORTS,
    ),
  }));

/** Stores the report before the wait, so that the reconciler can follow it if the execution dies. */
const recordReport = async (
  dependencies: ReportDependencies,
  { runnerId }: Runner,
  event: EndReportEvent,
): Promise<RecordedReport> => {
  const contactedAt = await contactOf(dependencies, runnerId);
  const isOpen = await change(dependencies, runnerId, (runner) => {
    const looks = (runner.endReport?.looks ?? 0) + 1;
    const known = { at: dependencies.clock.now(), looks, environment: environmentOf(runner, event) };
    const endReport: EndReport = { ...known, ...defined({ contactedAt }) };
    return { endReport };
  });
  if (!isOpen) return { kind: "dropped", runnerId, reason: "ending" };
  return contactedAt === undefined
    ? { kind: "dropped", runnerId, reason: "gitlab-no-answer" }
    : { kind: "wait", runnerId, waitSeconds: SILENCE_SECONDS };
};

/**
 * Stores that Lambda reported the end of a runner's invocation, and when the runner last contacted GitLab.
 * This is a hint: a job can forge the log line. The check after the wait shows whether the runner is dead.
 */
export const recordEndReport = async (
  dependencies: ReportDependencies,
  event: EndReportEvent,
): Promise<RecordedReport> => {
  if (dependencies.gitLab.mode === "payload") return { kind: "dropped", reason: "payload-mode" };
  const runner = await runnerOf(dependencies, event.resourceId);
  if (runner === undefined) return { kind: "dropped", reason: "not-in-ledger" };
  const reason = reasonToSkip(runner, event);
  if (reason === undefined) return recordReport(dependencies, runner, event);
  if (event.isOtherDelivery && reason === "other-delivery") {
    await recordOtherDelivery(dependencies, runner, event.environment);
  }
  return { kind: "dropped", runnerId: runner.runnerId, reason };
};
