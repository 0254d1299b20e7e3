import { defined } from "../../../Core/defined";
import { TransientError } from "../../../Core/errors";
import { type Runner, type StartedRunner, type Time, touch } from "../../../Core/model/ledger";
import type { ReportSkipCode } from "../../../Core/model/reasons";
import type { Dependencies } from "../dependencies";
import { retryOnConflict } from "../ledger/commit";
import { DELIVERY_MARGIN_MILLISECONDS, MAX_LOOKS, SILENCE_SECONDS } from "../timing";
import type { EndReportEvent } from "./end-report-event";

export type ReportDependencies = Pick<Dependencies, "ledger" | "gitLab" | "clock">;

/** What the workflow goes on with: a wait and the search for the runner's end, or nothing. */
export type RecordedReport =
  | { readonly kind: "wait"; readonly runnerId: number; readonly waitSeconds: number }
  | { readonly kind: "dropped"; readonly runnerId?: number; readonly reason: ReportSkipCode };

/** A launch that was just stored may not be in the index yet. */
const INDEX_LAGS_MILLISECONDS = 2_000;

const runnerOf = async (
  { ledger, clock }: ReportDependencies,
  requestId: string,
): Promise<StartedRunner | undefined> => {
  const find = () => ledger.byResource(requestId);
  let found = await find();
  if (found === undefined) {
    await clock.sleep(INDEX_LAGS_MILLISECONDS);
    found = await find();
  }
  return found?.kind === "runner" && found.provider === "LAMBDA" ? found : undefined;
};

/** It had its job before the invocation began: what ended is a second delivery, which found no row and left. */
const isOtherDelivery = ({ times }: Runner, { beganAt }: EndReportEvent): boolean =>
  beganAt !== undefined && times.BUSY !== undefined && beganAt > times.BUSY + DELIVERY_MARGIN_MILLISECONDS;

const reasonToSkip = (runner: Runner | undefined, event: EndReportEvent): ReportSkipCode | undefined => {
  if (runner === undefined) return "not-in-ledger";
  if (runner.state === "ENDING" || runner.state === "GONE") return "ending";
  if (isOtherDelivery(runner, event)) return "other-delivery";
  return (runner.endReport?.looks ?? 0) >= MAX_LOOKS ? "looks-used-up" : undefined;
};

/** 0: no contact ever, or no record any more. Undefined: GitLab does not answer. */
const contactOf = async ({ gitLab }: ReportDependencies, runnerId: number): Promise<Time | undefined> => {
  try {
    return (await gitLab.runner(runnerId))?.contactedAt ?? 0;
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

/** Stored before the wait, so that the reconciler goes on where the execution dies. */
const store = (
  { ledger, clock }: ReportDependencies,
  runnerId: number,
  contactedAt: Time | undefined,
): Promise<boolean> =>
  retryOnConflict(ledger, async () => {
    const runner = await ledger.runner(runnerId);
    const isOver = runner === undefined || runner.state === "ENDING" || runner.state === "GONE";
    if (isOver) return { changes: [], result: false };
    const looks = (runner.endReport?.looks ?? 0) + 1;
    const endReport = { at: clock.now(), looks, ...defined({ contactedAt }) };
    return { changes: [{ put: touch(runner, { endReport }) }], result: true };
  });

/**
 * Takes down that Lambda reported the end of a runner's invocation, and when the runner last contacted GitLab. A hint:
 * the line may be forged by the job that ran there. Whether the runner is dead shows after the wait.
 */
export const recordEndReport = async (
  dependencies: ReportDependencies,
  event: EndReportEvent,
): Promise<RecordedReport> => {
  if (dependencies.gitLab.mode === "payload") return { kind: "dropped", reason: "payload-mode" };
  const runner = await runnerOf(dependencies, event.resourceId);
  const skip = reasonToSkip(runner, event);
  if (runner === undefined || skip !== undefined) {
    return { kind: "dropped", ...defined({ runnerId: runner?.runnerId }), reason: skip ?? "not-in-ledger" };
  }
  const { runnerId } = runner;
  const contactedAt = await contactOf(dependencies, runnerId);
  const isOpen = await store(dependencies, runnerId, contactedAt);
  if (!isOpen) return { kind: "dropped", runnerId, reason: "ending" };
  return contactedAt === undefined
    ? { kind: "dropped", runnerId, reason: "gitlab-no-answer" }
    : { kind: "wait", runnerId, waitSeconds: SILENCE_SECONDS };
};
