type Level = "debug" | "info" | "warning" | "error" | "fatal" | "panic";
type Fields = Record<string, string | number | undefined>;

/** The log of gitlab-runner: a line for each message on stderr, as JSON with `--log-format json`. */
export class RunnerLog {
  constructor(
    private readonly format: "json" | "text",
    private readonly hasDebug = false,
  ) {}

  debug(message: string, fields: Fields = {}): void {
    if (this.hasDebug) this.write("debug", message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    this.write("info", message, fields);
  }
  warning(message: string, fields: Fields = {}): void {
    this.write("warning", message, fields);
  }
  error(message: string, fields: Fields = {}): void {
    this.write("error", message, fields);
  }

  /** Logs and exits at once with status 1. */
  fatal(message: string): never {
    this.write("fatal", message, {});
    process.exit(1);
  }

  private write(level: Level, message: string, fields: Fields): void {
    const line =
      this.format === "json"
        ? JSON.stringify({ ...fields, level, msg: message, time: new Date().toISOString() })
        : [message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(" ");
    process.stderr.write(`${line}\n`);
  }
}
