import type { LedgerReader } from "../../../Core/ledger/reader";
import { safe, safeJson } from "../../../Core/safe-text";
import { type CommonOptions, type Context, type ExitCode, show } from "../../context";
import { type Deployment, findDeployment } from "../../deployment";
import { readHistory } from "../../jobs/job-history";
import { ledgerReader } from "../../ledger/ledger-reader";
import { collectLines } from "../../logs/collect-lines";
import { type FoundGroups, findGroups } from "../../logs/log-groups";
import { type LogLine, lineText } from "../../logs/log-line";
import { type LogNote, noteText } from "../../logs/log-note";
import { type LogSubject, subjectOf, unknownSubject } from "../../logs/log-subject";
import { checkAddress } from "../../start/find-project";
import type { JobAddress } from "../../start/job-address";

export interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
}

const readSubject = async (ledger: LedgerReader, jobId: number, now: number) => {
  const history = await readHistory(ledger, jobId);
  return history && subjectOf(history, jobId, now);
};

/** As people and programs see a line: UTC, to the millisecond. */
const lineJson = ({ at, kind, source, group, stream, message }: LogLine) => ({
  at: new Date(at).toISOString(),
  kind,
  source,
  group,
  stream,
  message,
});

const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

const showNotes = (context: Context, notes: readonly LogNote[]): void => {
  for (const note of notes) context.console.err(safe(noteText(note)));
};

/** Sources are as wide as the widest that there is. */
const SOURCE_WIDTH = "receive-signed-webhook".length;

const textOf = (line: LogLine): string =>
  `${clock(line.at)}  ${safe(line.source).padEnd(SOURCE_WIDTH)}  ${safe(lineText(line))}`;

/** Each line begins with its time; the day stands once above. */
const textOfAll = (lines: readonly LogLine[]): string =>
  [`${new Date(lines[0]?.at ?? 0).toISOString().slice(0, 10)}, UTC`, ...lines.map(textOf)].join("\n");

const unknownNote = (jobId: number): LogNote => ({
  code: "unknown-job",
  about: `Job ${jobId}`,
  remedy:
    "The lines of the last hour that name it are shown; explain tells which runner it would get, doctor checks the webhook",
});

interface Asked {
  readonly deployment: Deployment;
  readonly ledger: LedgerReader;
  readonly jobId: number;
}

const showOnce = async (
  context: Context,
  options: LogsOptions,
  { groups, notes: lacking }: FoundGroups,
  subject: LogSubject,
  isKnown: boolean,
): Promise<ExitCode> => {
  const { jobId } = subject;
  const { lines, notes } = await collectLines(context.clients, groups, subject);
  const all = [...(isKnown ? [] : [unknownNote(jobId)]), ...lacking, ...notes];
  const none = `No line about job ${jobId} was found. Log groups keep their lines for 30 days.`;
  const text = lines.length === 0 ? none : textOfAll(lines);
  show(context, options, { jobId, lines: lines.map(lineJson), notes: all }, text);
  if (!options.json) showNotes(context, all);
  return lines.length === 0 ? 1 : 0;
};

const POLL_MILLISECONDS = 2_000;
/** CloudWatch shows a line some seconds after it was written; a machine sends every two. */
const LATE_MILLISECONDS = 60_000;
const SETTLED_POLLS = 8;

const showLine = (context: Context, options: LogsOptions, line: LogLine): void =>
  context.console.out(options.json ? safeJson(JSON.stringify(lineJson(line))) : textOf(line));

/** Shows lines as they come, until nothing more of the job is to come. */
const follow = async (
  context: Context,
  options: LogsOptions,
  { deployment, ledger, jobId }: Asked,
): Promise<ExitCode> => {
  const shown = new Set<string>();
  let from: number | undefined;
  for (let settled = 0; settled < SETTLED_POLLS; ) {
    const now = context.now();
    const subject = (await readSubject(ledger, jobId, now)) ?? unknownSubject(jobId, now);
    const { groups, notes: lacking } = await findGroups(context, deployment, subject);
    const { lines, notes } = await collectLines(context.clients, groups, subject, from);
    if (from === undefined) showNotes(context, [...lacking, ...notes]);
    const fresh = lines.filter(({ id }) => !shown.has(id));
    for (const line of fresh) {
      shown.add(line.id);
      showLine(context, options, line);
    }
    from = now - LATE_MILLISECONDS;
    settled = subject.isOver && fresh.length === 0 ? settled + 1 : 0;
    if (settled < SETTLED_POLLS) await context.sleep(POLL_MILLISECONDS);
  }
  return shown.size === 0 ? 1 : 0;
};

/** `logs JOB`: all that was logged about one job, in the order of its time. */
export const logs = async (
  context: Context,
  address: JobAddress,
  options: LogsOptions,
): Promise<ExitCode> => {
  const { jobId } = address;
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  await checkAddress(context, deployment, address);
  const ledger = ledgerReader(context, deployment);
  if (options.follow) return follow(context, options, { deployment, ledger, jobId });
  const known = await readSubject(ledger, jobId, context.now());
  const subject = known ?? unknownSubject(jobId, context.now());
  const found = await findGroups(context, deployment, subject);
  return showOnce(context, options, found, subject, known !== undefined);
};
