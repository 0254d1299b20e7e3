import { instanceLogStream } from "../../Core/log-stream";
import type { Attempt, Runner, Time } from "../../Core/model/ledger";
import type { JobHistory } from "../jobs/job-history";
import { type MicroVmLogs, microVmLogs } from "./microvm-logs";

/** A span of time, in milliseconds since 1970. */
export interface LogSpan {
  readonly from: Time;
  readonly to: Time;
}

/** What a job's lines are found by. */
export interface LogSubject {
  readonly jobId: number;
  readonly runnerIds: readonly number[];
  /** Instances and invocations. */
  readonly resourceIds: readonly string[];
  /** Streams of its instances. */
  readonly streams: readonly string[];
  readonly functionArns: readonly string[];
  readonly microVms: MicroVmLogs;
  /** When something of it happened: there is nothing to read at other times. In order, without overlap. */
  readonly spans: readonly LogSpan[];
  /** From its runners' launch to their end: the machines speak at any time. */
  readonly runnerSpan?: LogSpan;
  /** Nothing more is to come. */
  readonly isOver: boolean;
}

const MINUTE = 60_000;
/** A function logs when it is done; a workflow's tries take five minutes at most. */
const BEFORE = MINUTE;
const AFTER = 6 * MINUTE;
/** Of a job that nobody knows: a webhook that led to nothing. */
const UNKNOWN_SPAN = 60 * MINUTE;

const distinct = <Item>(items: readonly (Item | undefined)[]): readonly Item[] => [
  ...new Set(items.filter((item) => item !== undefined)),
];

const timesOf = ({ times }: Pick<Attempt | Runner, "times">): readonly Time[] =>
  Object.values(times).filter((time) => time !== undefined);

/** The moments with what may be logged around each, joined where they meet. */
export const spansAround = (moments: readonly Time[]): readonly LogSpan[] => {
  const spans: LogSpan[] = [];
  for (const at of [...moments].sort((one, other) => one - other)) {
    const [from, to] = [at - BEFORE, at + AFTER];
    const last = spans.at(-1);
    if (last !== undefined && from <= last.to) spans[spans.length - 1] = { from: last.from, to };
    else spans.push({ from, to });
  }
  return spans;
};

const runnerSpanOf = (runners: readonly Runner[], now: Time): LogSpan | undefined => {
  const from = Math.min(...runners.map(({ times }) => times.LAUNCHED ?? times.CREATED ?? now));
  const to = Math.max(...runners.map(({ times }) => times.GONE ?? now));
  return runners.length === 0 ? undefined : { from: from - BEFORE, to: to + AFTER };
};

const momentsOf = (attempts: readonly Attempt[], runners: readonly Runner[], now: Time): readonly Time[] => {
  const isOpen = attempts.some(({ state }) => state !== "ENDED" && state !== "FAILED");
  const more = attempts.flatMap(({ dispatchedAt, order }) => [dispatchedAt, order?.queuedAt]);
  const ofRunners = runners.flatMap((runner) => [...timesOf(runner), runner.pausedAt, runner.endRequestedAt]);
  return distinct([...attempts.flatMap(timesOf), ...more, ...ofRunners, isOpen ? now : undefined]);
};

const streamOf = (runner: Runner): string | undefined =>
  runner.provider === "EC2" && runner.resourceId !== undefined
    ? instanceLogStream(runner.resourceId, runner.nonce)
    : undefined;

/** What the ledger says of a job's lines. */
export const subjectOf = ({ attempts, runners }: JobHistory, jobId: number, now: Time): LogSubject => {
  const all = [...runners.values()];
  const runnerSpan = runnerSpanOf(all, now);
  const isDone = attempts.every(({ state }) => state === "ENDED" || state === "FAILED");
  return {
    jobId,
    runnerIds: all.map(({ runnerId }) => runnerId),
    resourceIds: distinct([...all, ...attempts].map(({ resourceId }) => resourceId)),
    streams: distinct(all.map(streamOf)),
    functionArns: distinct(attempts.map(({ order }) => order?.functionArn)),
    microVms: microVmLogs(all),
    spans: spansAround(momentsOf(attempts, all, now)),
    ...(runnerSpan ? { runnerSpan } : {}),
    isOver: isDone && all.every(({ state }) => state === "GONE"),
  };
};

/** A job that the ledger does not know: what was logged of it lately. */
export const unknownSubject = (jobId: number, now: Time): LogSubject => ({
  jobId,
  runnerIds: [],
  resourceIds: [],
  streams: [],
  functionArns: [],
  microVms: microVmLogs([]),
  spans: [{ from: now - UNKNOWN_SPAN, to: now + AFTER }],
  isOver: false,
});
