import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";

/** The engine does one thing at a time: it gets lines once a second and not one by one. */
const FLUSH_MS = 1_000;
/** The engine keeps whatever it gets, and forgets only whole streams. */
const STREAM_MS = 10 * 60_000;
const STREAMS_KEPT = 6;
/** PutLogEvents takes so many. */
const LINES_PER_CALL = 10_000;

interface GroupLines {
  /** The beginning of a line whose end is still to come, by environment. */
  readonly begun: Map<string, string>;
  lines: { readonly timestamp: number; readonly message: string }[];
  /** Oldest first. */
  readonly streams: string[];
  streamMadeAt: number;
}

export interface SharedLogs {
  /**
   * Takes what an environment of a function wrote, in pieces of any size.
   *
   * @param environment tells its pieces from another's
   */
  add(logGroup: string, environment: string, text: string): void;
  /** Writes what there is. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes into log groups what our own functions say, as Lambda does; about the last hour of it.
 *
 * @param onError hears once for each group why its lines cannot be written
 */
export const sharedLogs = (
  client: Pick<CloudWatchLogsClient, "send">,
  now: () => number,
  onError: (logGroup: string, error: unknown) => void,
): SharedLogs => {
  const groups = new Map<string, GroupLines>();
  const groupOf = (name: string): GroupLines => {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const made: GroupLines = { begun: new Map(), lines: [], streams: [], streamMadeAt: 0 };
    groups.set(name, made);
    return made;
  };

  const openStream = async (logGroupName: string, group: GroupLines): Promise<string> => {
    const current = group.streams.at(-1);
    if (current !== undefined && now() - group.streamMadeAt < STREAM_MS) return current;
    const made = `laptop/${new Date(now()).toISOString().replaceAll(":", "-")}`;
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: made }));
    group.streams.push(made);
    group.streamMadeAt = now();
    const old = group.streams.length > STREAMS_KEPT ? group.streams.shift() : undefined;
    if (old !== undefined)
      await client.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: old }));
    return made;
  };

  const failed = new Set<string>();
  const write = async (logGroupName: string, group: GroupLines): Promise<void> => {
    const logEvents = group.lines.slice(0, LINES_PER_CALL);
    group.lines = [];
    if (logEvents.length === 0) return;
    try {
      const logStreamName = await openStream(logGroupName, group);
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    } catch (error) {
      if (!failed.has(logGroupName)) onError(logGroupName, error);
      failed.add(logGroupName);
    }
  };

  let writing: Promise<unknown> = Promise.resolve();
  const flush = (): Promise<void> => {
    const next = writing.then(() => Promise.all([...groups].map(([name, group]) => write(name, group))));
    writing = next;
    return next.then(() => undefined);
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();

  return {
    add: (logGroup, environment, text) => {
      const group = groupOf(logGroup);
      const lines = `${group.begun.get(environment) ?? ""}${text}`.split("\n");
      group.begun.set(environment, lines.pop() ?? "");
      const said = lines.filter((line) => line !== "");
      group.lines.push(...said.map((message) => ({ timestamp: now(), message })));
    },
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
};
