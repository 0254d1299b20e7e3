import type { FinishedCall } from "../lambda-host";

const SAID_AGAIN_AFTER_MS = 30_000;

type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const plural = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${count} ${many}`;

const reconciled = (result: Fields): string | undefined => {
  const failures = Array.isArray(result.failures) ? result.failures.map(String) : [];
  if (failures.length > 0) return `the sweep could not do all: ${failures.join("; ")}`;
  const events = Number(result.events ?? 0);
  if (events === 0) return undefined;
  const found = Number(result.jobsFound ?? 0);
  const jobs = found > 0 ? `, ${plural(found, "job", "jobs")} that no webhook told of` : "";
  return `the sweep found what should have happened (${plural(events, "event", "events")}${jobs})`;
};

/** A runner's own account of how it ended, where that is worth a line. */
const runnerEnded = (call: FinishedCall): string | undefined => {
  const { runnerId } = asFields(call.event);
  if ("error" in call.outcome) return `Lambda runner ${runnerId} is gone: ${call.outcome.error.errorMessage}`;
  const { kind } = asFields(call.outcome.result);
  return kind === "job-ended" ? undefined : `Lambda runner ${runnerId} left without a job: ${String(kind)}`;
};

/** A sentence for a call that tells of something out of the ordinary; undefined for the rest. */
export const noticeOf = (call: FinishedCall): string | undefined => {
  const { functionId, outcome } = call;
  if (functionId === "RunnerFunction") return runnerEnded(call);
  if ("error" in outcome) return `${functionId}: ${outcome.error.errorType}: ${outcome.error.errorMessage}`;
  const result = asFields(outcome.result);
  if (functionId === "SweepFunction") return reconciled(result);
  if (functionId === "StartLambdaRunnerFunction" || functionId === "StartEc2RunnerFunction") {
    return result.kind === "waiting" ? `a job waits for: ${String(result.waitingFor)}` : undefined;
  }
  return undefined;
};

/** Writes what happens, each sentence again only after half a minute. */
export const noticeWriter = (
  write: (line: string) => void,
  now: () => number,
): ((call: FinishedCall) => void) => {
  const said = new Map<string, number>();
  return (call) => {
    const sentence = noticeOf(call);
    if (
      sentence === undefined ||
      now() - (said.get(sentence) ?? Number.NEGATIVE_INFINITY) < SAID_AGAIN_AFTER_MS
    )
      return;
    said.set(sentence, now());
    write(`  ! ${sentence.replace(/\p{Cc}+/gu, " ")}`);
  };
};
