import type { PayloadCache } from "./cache/job-cache";

/** The fields of GitLab's 201 answer that the stand-in uses. */
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
  readonly cache?: readonly PayloadCache[] | null;
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

/** Characters after which an unfinished line is processed, so that memory stays bounded. */
const MAX_LINE_LENGTH = 64 * 1024;
const TOKENS = /\b(gl(?:rt|rtr|pat|cbt)-)[\w.-]+/g;

/**
 * The job's log. Secrets are masked line by line, and the log is cut at the limit. Text is decoded as latin1, which keeps
 * every byte.
 */
export class JobLog {
  private readonly chunks: Buffer[] = [];
  private pending = "";
  private isCut = false;
  /** Size of the log in bytes. */
  size = 0;

  constructor(
    private readonly masked: readonly string[],
    private readonly limit: number,
  ) {}

  write(bytes: Buffer): void {
    if (this.isCut) return;
    this.pending += bytes.toString("latin1");
    const end =
      this.pending.length > MAX_LINE_LENGTH ? this.pending.length : this.pending.lastIndexOf("\n") + 1;
    this.keep(this.pending.slice(0, end));
    this.pending = this.pending.slice(end);
  }

  line(text: string): void {
    this.write(Buffer.from(`${text}\n`));
  }

  /** Ends the log; the last, unfinished line is kept. */
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

/** The values to mask in a job's log, in the log's encoding. */
export const maskedValues = (job: JobPayload): string[] =>
  [job.token, ...(job.variables ?? []).filter((variable) => variable.masked).map(({ value }) => value)]
    .filter((value) => value !== "")
    .map((value) => Buffer.from(value).toString("latin1"));
