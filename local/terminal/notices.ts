import { safe } from "../../Core/safe-text";
import type { FinishedCall } from "../lambda-host";

const REPEAT_AFTER_MS = 30_000;

type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const plural = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${count} ${many}`;

const reconciled = (result: Fields): string | undefined => {
  const failures = Array.isArray(result.failures) ? result.failures.map(String) : [];
  if (failures.length > 0) return `the reconciler failed in part: ${failures.join("; ")}`;
  const events = Number(result.events ?? 0);
  if (events === 0) return undefined;
  const found = Number(result.jobsFound ?? 0);
  const jobs = found > 0 ? `, ${plural(found, "job", "jobs")} without a webhook` : "";
  return `the reconciler sent missing events (${plural(events, "event", "events")}${jobs})`;
};

/** A notice for a Lambda runner that ended without its job. */
const runnerEnded = (call: FinishedCall): string | undefined => {
  const { runnerId } = asFields(call.event);
  if ("error" in call.outcome) return `Lambda runner ${runnerId} failed: ${call.outcome.error.errorMessage}`;
  const { kind } = asFields(call.outcome.result);
  return kind === "job-ended" ? undefined : `Lambda runner ${runnerId} ended without a job: ${String(kind)}`;
};

/** A notice for a function call with an unusual outcome; undefined for all others. */
export const noticeOf = (call: FinishedCall): string | undefined => {
  const { functionId, outcome } = call;
  if (functionId === "RunnerFunction") return runnerEnded(call);
  if ("error" in outcome) return `${functionId}: ${outcome.error.errorType}: ${outcome.error.errorMessage}`;
  const result = asFields(outcome.result);
  if (functionId === "ReconcilerFunction") return reconciled(result);
  if (/^Start(?:Lambda|Ec2|MicroVm)RunnerFunction$/.test(functionId)) {
    return result.kind === "waiting" ? `a job is waiting for: ${String(result.waitingFor)}` : undefined;
  }
  return undefined;
};

/** Writes notices; the same notice at most every 30 seconds. */
export const noticeWriter = (
  write: (line: string) => void,
  now: () => number,
): ((call: FinishedCall) => void) => {
  const lastWritten = new Map<string, number>();
  return (call) => {
    const sentence = noticeOf(call);
    if (
      sentence === undefined ||
      now() - (lastWritten.get(sentence) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER_MS
    )
      return;
    lastWritten.set(sentence, now());
    write(`  ! ${safe(sentence)}`);
  };
};
