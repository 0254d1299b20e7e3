/** The job as GitLab's 201 gives it, as far as the stand-in goes. */
export interface JobPayload {
  readonly id: number;
  readonly token: string;
  readonly job_info?: { readonly name?: string; readonly project_id?: number };
  readonly git_info?: {
    readonly repo_url?: string;
    readonly ref?: string;
    readonly sha?: string;
    readonly refspecs?: readonly string[];
    readonly depth?: number;
  };
  readonly runner_info?: { readonly timeout?: number };
  readonly variables?: readonly JobVariable[];
  readonly steps?: readonly JobStep[];
  readonly image?: { readonly name?: string } | null;
  readonly artifacts?: readonly unknown[] | null;
  readonly cache?: readonly unknown[] | null;
}

export interface JobVariable {
  readonly key: string;
  readonly value: string;
  readonly file?: boolean;
  readonly masked?: boolean;
  readonly raw?: boolean;
}

export interface JobStep {
  readonly name: string;
  readonly script: readonly string[];
  readonly timeout?: number;
}

/** A line without an end is looked at when it is this long, so that memory stays bounded. */
const LONGEST_LINE = 64 * 1024;
const TOKENS = /\b(gl(?:rt|rtr|pat|cbt)-)[\w.-]+/g;

/**
 * The job's log: bytes as they come, masked line by line, cut at the limit. Text is kept as latin1, which leaves
 * every byte as it is.
 */
export class JobLog {
  private readonly chunks: Buffer[] = [];
  private pending = "";
  private isCut = false;
  /** Bytes kept. */
  size = 0;

  constructor(
    private readonly masked: readonly string[],
    private readonly limit: number,
  ) {}

  write(bytes: Buffer): void {
    if (this.isCut) return;
    this.pending += bytes.toString("latin1");
    const end = this.pending.length > LONGEST_LINE ? this.pending.length : this.pending.lastIndexOf("\n") + 1;
    this.keep(this.pending.slice(0, end));
    this.pending = this.pending.slice(end);
  }

  line(text: string): void {
    this.write(Buffer.from(`${text}\n`));
  }

  /** What stands in the last, unfinished line is kept too: nothing more comes. */
  finish(): void {
    this.keep(this.pending);
    this.pending = "";
  }

  /** At most `length` bytes from `offset` on. */
  read(offset: number, length: number): Buffer {
    return Buffer.concat(this.chunks).subarray(offset, offset + length);
  }

  private keep(text: string): void {
    if (text === "" || this.isCut) return;
    const bytes = Buffer.from(this.mask(text), "latin1");
    const room = this.limit - this.size;
    this.isCut = bytes.length > room;
    const notice = `\nThe job's log is longer than ${this.limit} bytes: the rest of it is not kept.\n`;
    this.append(this.isCut ? Buffer.concat([bytes.subarray(0, room), Buffer.from(notice)]) : bytes);
  }

  private append(bytes: Buffer): void {
    this.chunks.push(bytes);
    this.size += bytes.length;
  }

  private mask(text: string): string {
    let result = text.replace(TOKENS, "$1[MASKED]");
    for (const secret of this.masked) result = result.replaceAll(secret, "[MASKED]");
    return result;
  }
}

/** The values that a job's log must not show, in the log's own encoding. */
export const maskedValues = (job: JobPayload): string[] =>
  [job.token, ...(job.variables ?? []).filter((variable) => variable.masked).map(({ value }) => value)]
    .filter((value) => value !== "")
    .map((value) => Buffer.from(value).toString("latin1"));
