import { endsOf } from "../../../Infrastructure/src/end-reports";
import type { Bus } from "./bus";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export interface ReportOptions {
  /** Probabilities that a line never comes, comes minutes late, or comes twice. */
  readonly lost: number;
  readonly late: number;
  readonly twice: number;
}

export const REPORT_DEFAULTS: ReportOptions = { lost: 0, late: 0, twice: 0 };

/** How an invocation ended, in Lambda's words. */
export type InvocationStatus = "success" | "error" | "failure" | "timeout";

/** From the end of an invocation to the function behind the subscription. */
const COMES_WITHIN = [1_000, 8_000] as const;
const LATE_WITHIN = 240_000;

const reportOf = (requestId: string, status: InvocationStatus): object => ({
  type: "platform.report",
  record: { requestId, status },
});

/** Lambda's own lines of invocations' ends, and the shipped function's reading of them on their way to the bus. */
export class Reports {
  options: ReportOptions = REPORT_DEFAULTS;
  #requests = 0;
  #streams = 0;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly bus: Bus,
    options: Partial<ReportOptions> = {},
  ) {
    this.options = { ...REPORT_DEFAULTS, ...options };
  }

  newStream(): string {
    this.#streams += 1;
    return `stream ${this.#streams}`;
  }

  newRequestId(): string {
    this.#requests += 1;
    return `00000000-0000-4000-8000-${this.#requests.toString(16).padStart(12, "0")}`;
  }

  /** What Lambda writes at the end of an invocation. */
  ended(requestId: string, stream: string, status: InvocationStatus): void {
    this.#send([reportOf(requestId, status)], stream);
  }

  /** What a delivery that finds no row writes, and Lambda right behind it: one batch of CloudWatch Logs. */
  foundNoRow(requestId: string, stream: string): void {
    this.#send([{ code: "ROW_TAKEN_BEFORE", requestId }, reportOf(requestId, "success")], stream);
  }

  #send(lines: readonly object[], stream: string): void {
    const { lost, late, twice } = this.options;
    if (this.random.chance(lost)) return;
    for (let left = this.random.chance(twice) ? 2 : 1; left > 0; left -= 1) {
      const isLate = this.random.chance(late);
      const delay = this.random.between(...COMES_WITHIN) + (isLate ? this.random.between(0, LATE_WITHIN) : 0);
      this.timeline.after(delay, () =>
        this.write(
          lines.map((line) => JSON.stringify(line)),
          stream,
        ),
      );
    }
  }

  /** Lines in a stream of the runner functions' log; anybody's who may write it. */
  write(lines: readonly string[], stream: string): void {
    for (const detail of endsOf(lines, stream)) {
      this.bus.put({
        source: "gitlab.runner-report",
        detailType: "InvocationEnded",
        detail: { ...detail },
      });
    }
  }
}
