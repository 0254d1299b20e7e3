import type { Clients } from "../context";
import type { LogGroup } from "./log-groups";
import { fieldsIn, type LogLine } from "./log-line";
import type { LogNote } from "./log-note";
import type { LogSpan, LogSubject } from "./log-subject";
import { aboutJob, executionPatterns, patternsOf, type ReadLines, readGroup } from "./read-log";

/** CloudWatch takes five to ten of these calls a second. */
const AT_ONCE = 4;

const inTurn = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  return results;
};

const notBefore = (spans: readonly LogSpan[], from: number | undefined): readonly LogSpan[] =>
  from === undefined
    ? spans
    : spans.filter(({ to }) => to >= from).map((span) => ({ ...span, from: Math.max(span.from, from) }));

const joined = (read: readonly ReadLines[]): ReadLines => ({
  lines: read.flatMap(({ lines }) => lines),
  notes: read.flatMap(({ notes }) => notes),
});

/** What has streams of its own for a runner: nothing else is in them. */
const streamsOf = ({ kind }: LogGroup, { streams, microVms }: LogSubject): readonly string[] | undefined => {
  if (kind === "microvm") return microVms.streams;
  return kind === "instance" ? streams : undefined;
};

/** Of the runner itself: its function's lines by their ids, its machine's by the stream. */
const readRunner = async (clients: Clients, group: LogGroup, subject: LogSubject, from?: number) => {
  const spans = notBefore(subject.runnerSpan ? [subject.runnerSpan] : [], from);
  const streams = streamsOf(group, subject);
  if (streams !== undefined)
    return streams.length === 0 ? { lines: [], notes: [] } : readGroup(clients, group, { streams }, spans);
  const read = await readGroup(clients, group, { patterns: patternsOf(subject) }, spans);
  return { ...read, lines: aboutJob(read.lines, subject) };
};

/** A workflow's lines name no job. The line of the function that recorded its failure names both. */
const executionsIn = (lines: readonly LogLine[]): readonly string[] => [
  ...new Set(
    lines.flatMap(({ message }) => {
      const { execution } = fieldsIn(message) ?? {};
      return typeof execution === "string" ? execution : [];
    }),
  ),
];

const byTime = (one: LogLine, other: LogLine): number => one.at - other.at;

const distinct = (notes: readonly LogNote[]): readonly LogNote[] => [
  ...new Map(notes.map((note) => [`${note.code} ${note.about}`, note])).values(),
];

/**
 * All lines about a job, in the order of their time.
 *
 * @param from reads nothing before; absent: from the job's first moment
 */
export const collectLines = async (
  clients: Clients,
  groups: readonly LogGroup[],
  subject: LogSubject,
  from?: number,
): Promise<ReadLines> => {
  const ofKind = (...kinds: readonly LogGroup["kind"][]) => groups.filter(({ kind }) => kinds.includes(kind));
  const spans = notBefore(subject.spans, from);
  const patterns = patternsOf(subject);
  const control = joined(
    await inTurn(ofKind("control-plane"), async (group) => {
      const read = await readGroup(clients, group, { patterns }, spans);
      return { ...read, lines: aboutJob(read.lines, subject) };
    }),
  );
  const runners = joined(
    await inTurn(ofKind("runner", "instance", "microvm"), (group) =>
      readRunner(clients, group, subject, from),
    ),
  );
  const executions = executionsIn(control.lines);
  const workflows = joined(
    executions.length === 0
      ? []
      : await inTurn(ofKind("workflow"), async (group) => {
          const read = await readGroup(clients, group, { patterns: executionPatterns(executions) }, spans);
          return { ...read, lines: aboutJob(read.lines, subject, executions) };
        }),
  );
  const all = joined([control, runners, workflows]);
  return { lines: [...all.lines].sort(byTime), notes: distinct(all.notes) };
};
