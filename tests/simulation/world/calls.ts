import type { HintMemory } from "../../../AutoScaler/src/hints/hint-memory";
import { TransientError } from "../../../Core/errors";
import type { Random } from "./random";
import type { Timeline } from "./timeline";
import { withoutStack } from "./without-stack";

/**
 * What may happen to one call: it fails before it has an effect; it has its effect and the answer is lost; it is
 * refused for the number of calls; no answer comes in time, with or without the effect; it has its effect and
 * the process dies.
 */
export const FAULTS = ["fails", "loses-answer", "throttled", "times-out", "dies"] as const;
export type CallFault = (typeof FAULTS)[number];

export interface PortCall {
  /** Counted from 0 over the whole run. */
  readonly index: number;
  /** `gitLab.pauseRunner`. */
  readonly name: string;
  /** The function that makes it. */
  readonly caller: string;
}

/** A call that takes so many milliseconds longer. */
export interface Stall {
  readonly stall: number;
}

/** Decides which call goes wrong. */
export type FaultPlan = (call: PortCall) => CallFault | Stall | undefined;

/** How many calls a job has taken. */
export interface Spent {
  calls: number;
}

/** What lives on in a function's environment from one call to the next. */
export interface FunctionEnvironment {
  readonly hints: HintMemory;
  /** Its first call is not over yet. */
  isNew: boolean;
}

/** One execution of a Lambda function: a process with a clock of its own, that may die between any two calls. */
export interface Process {
  readonly name: string;
  readonly environment: FunctionEnvironment;
  /** Milliseconds that its clock is ahead of true time. */
  readonly skew: number;
  isDead: boolean;
  /** Of the job that it is about. */
  readonly spent: Spent | undefined;
  /** Tells Lambda that the process is no more. */
  onDeath: () => void;
}

interface Timing {
  readonly least: number;
  readonly most: number;
  readonly timeout: number;
}

/** Milliseconds; time-outs are those of the shipped clients. */
const TIMINGS: Readonly<Record<string, Timing>> = {
  ledger: { least: 3, most: 25, timeout: 5_000 },
  rows: { least: 3, most: 20, timeout: 5_000 },
  counters: { least: 3, most: 20, timeout: 5_000 },
  mappings: { least: 3, most: 15, timeout: 5_000 },
  settings: { least: 1, most: 20, timeout: 5_000 },
  gitLab: { least: 40, most: 250, timeout: 8_000 },
  ec2: { least: 150, most: 2_500, timeout: 15_000 },
  lambda: { least: 20, most: 80, timeout: 5_000 },
  bus: { least: 5, most: 40, timeout: 5_000 },
};
const FALLBACK: Timing = { least: 1, most: 10, timeout: 5_000 };

/** Calls of one name. */
interface Kind {
  readonly timing: Timing;
  count: number;
}

interface Wrong<Answer> {
  readonly latency: number;
  readonly timing: Timing;
  readonly effect: () => Answer;
  readonly reject: (fault: CallFault) => void;
}

/** Makes a service's own error for a call that went wrong. */
export type ErrorOf = (fault: CallFault, name: string) => Error;

const transient: ErrorOf = (fault, name) => new TransientError(`${name}: ${fault}`);

export interface CallsOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly timings?: Readonly<Record<string, Timing>>;
}

/** Every call that the product makes to the world passes here: it takes time, is counted, and may go wrong. */
export class Calls {
  /** Names in order, while somebody wants to know. */
  trace: PortCall[] | undefined;
  plan: FaultPlan;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #timings: Readonly<Record<string, Timing>>;
  readonly #kinds = new Map<string, Kind>();
  readonly #spent = new Map<number, Spent>();
  #index = 0;

  constructor({ timeline, random, plan, timings = {} }: CallsOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.plan = plan;
    this.#timings = { ...TIMINGS, ...timings };
  }

  get total(): number {
    return this.#index;
  }

  /** How often each was made. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#kinds].flatMap(([name, { count }]) => (count === 0 ? [] : [[name, count]])));
  }

  /** Outbound calls for a job. */
  get byJob(): ReadonlyMap<number, number> {
    return new Map([...this.#spent].map(([jobId, { calls }]) => [jobId, calls]));
  }

  spentOn(jobId: number): Spent {
    const known = this.#spent.get(jobId);
    if (known !== undefined) return known;
    const spent = { calls: 0 };
    this.#spent.set(jobId, spent);
    return spent;
  }

  #kindOf(name: string): Kind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const timing = this.#timings[name.slice(0, name.indexOf("."))] ?? FALLBACK;
    const kind = { timing, count: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }

  #count(process: Process, name: string, kind: Kind): CallFault | Stall | undefined {
    const call = { index: this.#index, name, caller: process.name };
    this.#index += 1;
    kind.count += 1;
    if (process.spent !== undefined) process.spent.calls += 1;
    this.trace?.push(call);
    return this.plan(call);
  }

  /** @param effect what the service does, at one moment */
  make<Answer>(
    process: Process,
    name: string,
    effect: () => Answer,
    errorOf: ErrorOf = transient,
  ): Promise<Answer> {
    const kind = this.#kindOf(name);
    const fault = process.isDead ? undefined : this.#count(process, name, kind);
    const { timing } = kind;
    const latency = this.#random.between(timing.least, timing.most);
    return new Promise<Answer>((resolve, reject) => {
      if (process.isDead) return;
      const answer = (): void => {
        if (process.isDead) return;
        this.#timeline.hasContinuation = true;
        try {
          resolve(effect());
        } catch (error) {
          reject(error);
        }
      };
      if (fault === undefined) this.#timeline.after(latency, answer);
      else if (typeof fault === "object") this.#timeline.after(latency + fault.stall, answer);
      else
        this.#goWrong(process, fault, {
          latency,
          timing,
          effect,
          reject: (kind) => reject(withoutStack(() => errorOf(kind, name))),
        });
    });
  }

  #goWrong<Answer>(
    process: Process,
    fault: CallFault,
    { latency, timing, effect, reject }: Wrong<Answer>,
  ): void {
    const refuse = (): void => {
      if (process.isDead) return;
      this.#timeline.hasContinuation = true;
      reject(fault);
    };
    const act = (): void => {
      if (process.isDead) return;
      try {
        effect();
      } catch {
        // The caller never learns of it.
      }
    };
    const actAnd = (then: () => void) => (): void => {
      act();
      then();
    };
    const die = (): void => {
      process.isDead = true;
      process.onDeath();
    };
    if (fault === "loses-answer") this.#timeline.after(latency, actAnd(refuse));
    else if (fault === "dies") this.#timeline.after(latency, actAnd(die));
    else if (fault === "times-out") {
      if (this.#random.chance(0.5)) this.#timeline.after(latency, act);
      this.#timeline.after(timing.timeout, refuse);
    } else this.#timeline.after(latency, refuse);
  }

  /** A process sleeps. */
  sleep(process: Process, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timeline.after(milliseconds, () => {
        if (process.isDead) return;
        this.#timeline.hasContinuation = true;
        resolve();
      });
    });
  }
}
