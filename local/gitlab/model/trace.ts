import { safe } from "../../../Core/safe-text";

/** In bytes. GitLab's limit is 100 MB (`ci_jobs_trace_size`); the stand-in keeps traces in memory. */
export const TRACE_LIMIT = 8 * 1024 * 1024;

export type Append =
  | { readonly kind: "appended" }
  /** The range does not begin where the trace ends. */
  | { readonly kind: "out-of-range" }
  | { readonly kind: "too-long" };

const RANGE = /^(\d{1,15})-(-?\d{1,15})$/;

/** A job's log, to which `PATCH /jobs/:id/trace` appends with `Content-Range: a-b`. */
export class JobTrace {
  #parts: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param range value of the header, e.g. `0-41`: first and last byte */
  append(range: string, bytes: Buffer): Append {
    const match = RANGE.exec(range);
    if (match === null || Number(match[1]) !== this.#size) return { kind: "out-of-range" };
    if (this.#size + bytes.length > TRACE_LIMIT) return { kind: "too-long" };
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return { kind: "appended" };
  }

  bytes(): Buffer<ArrayBuffer> {
    const whole = Buffer.concat(this.#parts);
    this.#parts = [whole];
    return whole;
  }

  /** The last `bytes` bytes of the log as text. */
  tail(bytes: number): string {
    const parts: Buffer[] = [];
    let size = 0;
    for (let index = this.#parts.length - 1; index >= 0 && size < bytes; index -= 1) {
      const part = this.#parts[index];
      if (part === undefined) break;
      parts.unshift(part);
      size += part.length;
    }
    const whole = Buffer.concat(parts);
    return whole.subarray(Math.max(0, whole.length - bytes)).toString("utf8");
  }

  clear(): void {
    this.#parts = [];
    this.#size = 0;
  }
}

const CSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, "g");
const SECTION = /section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?/g;
const STAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z \d\d[EO][ +]?/;
const plainLine = (line: string): string => {
  const shown = line.replace(CSI, "").replace(SECTION, "").replace(STAMP, "");
  const last = (shown.split("\r").filter(Boolean).at(-1) ?? "").slice(0, 500);
  return safe(last.replaceAll("\t", "  "));
};

/**
 * The last lines of a log as plain text. Colours, section markers, time stamps, and overwritten text are removed and
 * control characters shown as such, so that a job cannot control a terminal or a page (F-62).
 */
export const lastLines = (trace: JobTrace, count: number, bytes = 8_192): readonly string[] =>
  trace
    .tail(bytes)
    .split("\n")
    .map(plainLine)
    .filter((line) => line.trim() !== "")
    .slice(-count);
