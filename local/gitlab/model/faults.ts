import type { StandInClock } from "./clock";

/** What fails: the REST API, the runner API, webhook deliveries, or all of them. */
export type FaultScope = "api" | "runner" | "webhooks" | "all";
const SCOPES: readonly FaultScope[] = ["api", "runner", "webhooks", "all"];

/** The body of `POST /_/faults`; `{}` clears all faults. */
export interface FaultSettings {
  /** Fraction of the webhooks that are lost, 0 to 1. */
  readonly lose?: number;
  /** Fraction of the webhooks that are sent twice, 0 to 1. */
  readonly repeat?: number;
  /** Minimum and maximum delay of a webhook in milliseconds. */
  readonly delayMs?: readonly [number, number];
  /** Status of every answer, 400 to 599. */
  readonly errorStatus?: number;
  /** Duration of the errors; absent: until the faults change. */
  readonly errorSeconds?: number;
  readonly scope?: FaultScope;
}

const isNumberIn = (value: unknown, from: number, to: number): value is number =>
  typeof value === "number" && value >= from && value <= to;

const MAX_DELAY_MS = 600_000;

const delayRange = (value: unknown): readonly [number, number] | undefined => {
  const [from, to]: unknown[] = Array.isArray(value) && value.length === 2 ? value : [value, value];
  return isNumberIn(from, 0, MAX_DELAY_MS) && isNumberIn(to, from, MAX_DELAY_MS) ? [from, to] : undefined;
};

const CHECKS: Readonly<Record<keyof FaultSettings, readonly [(value: unknown) => unknown, string]>> = {
  lose: [(value) => (isNumberIn(value, 0, 1) ? value : undefined), "a number from 0 to 1"],
  repeat: [(value) => (isNumberIn(value, 0, 1) ? value : undefined), "a number from 0 to 1"],
  delayMs: [delayRange, "milliseconds, or [from, to], up to 600000"],
  errorStatus: [
    (value) => (isNumberIn(value, 400, 599) && Number.isInteger(value) ? value : undefined),
    "an HTTP status from 400 to 599",
  ],
  errorSeconds: [(value) => (isNumberIn(value, 0, 3600) ? value : undefined), "seconds, up to 3600"],
  scope: [(value) => SCOPES.find((scope) => scope === value), `one of ${SCOPES.join(", ")}`],
};

const isField = (name: string): name is keyof FaultSettings => Object.hasOwn(CHECKS, name);

/** Parses a body of `POST /_/faults`; returns a message when it is invalid. */
export const parseFaults = (body: unknown): FaultSettings | string => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "send a JSON object";
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (!isField(name)) return `${name} is unknown; known fields: ${Object.keys(CHECKS).join(", ")}`;
    const [check, wanted] = CHECKS[name];
    const checked = check(value);
    if (checked === undefined) return `${name} must be ${wanted}`;
    settings[name] = checked;
  }
  return settings as FaultSettings;
};

/** The injected faults. */
export class GitLabFaults {
  #settings: FaultSettings = {};
  #errorUntil = 0;
  readonly #clock: StandInClock;

  constructor(clock: StandInClock) {
    this.#clock = clock;
  }

  get settings(): FaultSettings {
    return this.#settings;
  }

  set(settings: FaultSettings): void {
    this.#settings = settings;
    const asksForError = settings.errorStatus !== undefined || settings.errorSeconds !== undefined;
    const lasts =
      settings.errorSeconds === undefined ? Number.MAX_SAFE_INTEGER : settings.errorSeconds * 1000;
    this.#errorUntil = asksForError ? this.#clock.now() + lasts : 0;
  }

  /** The status of an injected error; undefined when there is none. */
  errorNow(where: Exclude<FaultScope, "all">): number | undefined {
    const scope = this.#settings.scope ?? "all";
    const isInScope = scope === "all" || scope === where;
    return isInScope && this.#clock.now() < this.#errorUntil
      ? (this.#settings.errorStatus ?? 500)
      : undefined;
  }

  /** Remaining seconds of an injected error, for the page; 0 when there is none. */
  errorSecondsLeft(): number {
    const left = Math.ceil((this.#errorUntil - this.#clock.now()) / 1000);
    return Math.max(0, Math.min(left, 3600));
  }
}
