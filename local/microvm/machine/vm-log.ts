import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";

/** What a MicroVM's output is sent to. */
export interface VmLogTarget {
  readonly logGroup: string;
  readonly microvmId: string;
  readonly imageVersion: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Takes lines, oldest first. */
export type VmLog = (lines: readonly string[]) => Promise<void>;

/** As Lambda names it: https://docs.aws.amazon.com/lambda/latest/dg/microvms-logging.html */
const streamOf = ({ microvmId, imageVersion, startedAt }: VmLogTarget): string =>
  `${new Date(startedAt).toISOString().slice(0, 10).replaceAll("-", "/")}[${imageVersion}]${microvmId}`;

/** Writes as Lambda itself does, into a stream for each VM. */
export const cloudWatchVmLogs = (config: CloudWatchLogsClientConfig) => {
  const client = new CloudWatchLogsClient({ maxAttempts: 3, ...config });
  return {
    open: (target: VmLogTarget): VmLog => {
      const at = { logGroupName: target.logGroup, logStreamName: streamOf(target) };
      let made: Promise<unknown> | undefined;
      return async (lines) => {
        made ??= client.send(new CreateLogStreamCommand(at));
        await made;
        const timestamp = Date.now();
        const logEvents = lines.map((message) => ({ timestamp, message }));
        await client.send(new PutLogEventsCommand({ ...at, logEvents }));
      };
    },
    close: () => client.destroy(),
  };
};

const EVERY_MS = 1_000;

/**
 * Sends what a console has, again and again, whole lines at a time.
 *
 * @param read the console from a byte on
 * @returns sends the rest, and stops
 */
export const followConsole = (
  read: (from: number) => Buffer,
  write: VmLog,
  onError: (error: unknown) => void,
): (() => Promise<void>) => {
  let from = 0;
  let sending: Promise<void> = Promise.resolve();
  const send = (isLast: boolean): Promise<void> => {
    const found = read(from);
    const length = isLast ? found.length : found.lastIndexOf("\n") + 1;
    from += length;
    const lines = found.subarray(0, length).toString("utf8").split("\n").filter(Boolean);
    if (lines.length > 0) sending = sending.then(() => write(lines)).catch(onError);
    return sending;
  };
  const timer = setInterval(() => void send(false), EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return send(true);
  };
};
