import { FilterLogEventsCommand, type FilterLogEventsCommandInput } from "@aws-sdk/client-cloudwatch-logs";
import type { Clients } from "../context";
import { isNamed } from "../failures";
import type { LogGroup } from "./log-groups";
import { isAbout, isMetric, type LogLine, lineOf } from "./log-line";
import type { LogNote } from "./log-note";
import type { LogSpan, LogSubject } from "./log-subject";

/** CloudWatch searches a part of the span with each call, and may find nothing in it. */
const MAX_CALLS = 50;

export interface ReadLines {
  readonly lines: readonly LogLine[];
  readonly notes: readonly LogNote[];
}

/** CloudWatch takes patterns of 1,024 characters. */
const MAX_PATTERN = 1_000;

const anyOf = (comparisons: readonly string[]): string => `{ ${comparisons.join(" || ")} }`;
const equal = (field: string, value: string | number): string =>
  `($.${field} = ${typeof value === "number" ? value : JSON.stringify(value)})`;

/** As few patterns as have room for all. */
const patternsOfAll = (comparisons: readonly string[]): readonly string[] => {
  const patterns: string[][] = [];
  for (const one of comparisons) {
    const last = patterns.at(-1);
    if (last !== undefined && anyOf([...last, one]).length <= MAX_PATTERN) last.push(one);
    else patterns.push([one]);
  }
  return patterns.map(anyOf);
};

/**
 * What CloudWatch is asked for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html
 */
export const patternsOf = ({ jobId, runnerIds, resourceIds }: LogSubject): readonly string[] =>
  patternsOfAll([
    equal("jobId", jobId),
    equal("busyJobId", jobId),
    equal("pk", `job#${jobId}`),
    ...runnerIds.flatMap((id) => [equal("runnerId", id), equal("runnerIds[0]", id)]),
    ...resourceIds.flatMap((id) =>
      ["requestId", "resourceId", "record.requestId"].map((field) => equal(field, id)),
    ),
  ]);

export const executionPatterns = (executions: readonly string[]): readonly string[] =>
  patternsOfAll(executions.map((arn) => equal("execution_arn", arn)));

const remedyOf = ({ name }: LogGroup): string => `Let your role have logs:FilterLogEvents on ${name}`;

const noteOf = (error: unknown, group: LogGroup): LogNote => {
  const about = `the log group ${group.name} (${group.source})`;
  if (isNamed(error, "AccessDeniedException")) return { code: "not-allowed", about, remedy: remedyOf(group) };
  if (isNamed(error, "ResourceNotFoundException"))
    return { code: "missing", about, remedy: "Deploy its stack again: it makes the group" };
  throw error;
};

/** What is searched for: patterns, or whole streams. */
export type Where = { readonly patterns: readonly string[] } | { readonly streams: readonly string[] };

type Search = Pick<FilterLogEventsCommandInput, "filterPattern" | "logStreamNames">;

const searchesOf = (where: Where): readonly Search[] =>
  "patterns" in where
    ? where.patterns.map((filterPattern) => ({ filterPattern }))
    : where.streams.map((name) => ({ logStreamNames: [name] }));

const readSpan = async (
  clients: Clients,
  group: LogGroup,
  where: Search,
  span: LogSpan,
): Promise<ReadLines> => {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  for (let call = 0; call < MAX_CALLS; call += 1) {
    const page = await clients.logs().send(
      new FilterLogEventsCommand({
        logGroupName: group.name,
        startTime: Math.max(0, span.from),
        endTime: span.to,
        ...where,
        nextToken,
      }),
    );
    lines.push(...(page.events ?? []).map((event) => lineOf(group, event)));
    nextToken = page.nextToken;
    if (nextToken === undefined) return { lines, notes: [] };
  }
  const about = `the log group ${group.name} (${group.source})`;
  return {
    lines,
    notes: [{ code: "not-all", about, remedy: `Read it in the console: it is long for so short a time` }],
  };
};

/** The stream is made with its first line, and deleted with its retention. */
const isNoStream = (error: unknown, { logStreamNames }: Search): boolean =>
  logStreamNames !== undefined &&
  isNamed(error, "ResourceNotFoundException") &&
  error instanceof Error &&
  !/log group/i.test(error.message);

const isForPeople = ({ message }: LogLine): boolean => message !== "" && !isMetric(message);

/** What a group has; a group that cannot be read is told by a note. */
export const readGroup = async (
  clients: Clients,
  group: LogGroup,
  where: Where,
  spans: readonly LogSpan[],
): Promise<ReadLines> => {
  const lines = new Map<string, LogLine>();
  const notes: LogNote[] = [];
  const result = () => ({ lines: [...lines.values()].filter(isForPeople), notes });
  for (const search of searchesOf(where)) {
    for (const span of spans) {
      try {
        const read = await readSpan(clients, group, search, span);
        for (const line of read.lines) lines.set(line.id, line);
        notes.push(...read.notes);
      } catch (error) {
        if (isNoStream(error, search)) continue;
        return { ...result(), notes: [...notes, noteOf(error, group)] };
      }
    }
  }
  return result();
};

/** Of lines that a pattern may have found, those that are about the job. */
export const aboutJob = (
  lines: readonly LogLine[],
  subject: LogSubject,
  executions: readonly string[] = [],
): readonly LogLine[] => lines.filter(({ message }) => isAbout(message, subject, executions));
