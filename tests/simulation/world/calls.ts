import type { Configuration } from "../../../AutoScaler/src/adapters/ssm/configuration";
import type { HintMemory } from "../../../AutoScaler/src/hints/hint-memory";
import type { LaunchPrices, RunnerFunctions } from "../../../AutoScaler/src/ports";
import type { PoolMemory } from "../../../AutoScaler/src/spot/pool-memory";
import { TransientError } from "../../../Core/errors";
import type { Random } from "./random";
import type { Timeline } from "./timeline";
import { withoutStack } from "./without-stack";

/**
 * Faults of one call, in the order of the list: it fails before its effect; it has its effect and the answer is lost;
 * it is throttled; no answer comes in time, with or without the effect; it has its effect and the process dies.
 */
export const FAULTS = ["fails", "loses-answer", "throttled", "times-out", "dies"] as const;
export type CallFault = (typeof FAULTS)[number];

export interface PortCall {
  /** Number of the call in the run, from 0. */
  readonly index: number;
  /** Port and method, e.g. `gitLab.pauseRunner`. */
  readonly name: string;
  /** The Lambda function that makes the call. */
  readonly caller: string;
}

/** Milliseconds by which a call takes longer. */
export interface Stall {
  readonly stall: number;
}

/** Decides which call has which fault. */
export type FaultPlan = (call: PortCall) => CallFault | Stall | undefined;

/** Counter of the calls for one job. */
export interface Spent {
  calls: number;
}

/** What lives on in a function's environment from one call to the next. */
export interface FunctionEnvironment {
  readonly hints: HintMemory;
  /** Of a function that calls GitLab. */
  readonly configuration: Configuration | undefined;
  readonly functions: RunnerFunctions;
  readonly spotPools: PoolMemory;
  readonly prices: LaunchPrices;
  /** Its first call is not over yet. */
  isNew: boolean;
}

/** One invocation of a Lambda function: a process with a clock of its own, which may die between any two calls. */
export interface Process {
  readonly name: string;
  readonly environment: FunctionEnvironment;
  /** Milliseconds by which its clock is ahead of true time. */
  readonly skew: number;
  isDead: boolean;
  /** Counter of the job that it works for. */
  readonly spent: Spent | undefined;
  /** Jobs whose attempts it has stored as FAILED. */
  readonly gaveUp: Set<number>;
  /** Tells Lambda that the process died. */
  onDeath: () => void;
}

interface Timing {
  readonly least: number;
  readonly most: number;
  readonly timeout: number;
}

/** Milliseconds. The time-outs are those of the shipped clients. */
const TIMINGS: Readonly<Record<string, Timing>> = {
  ledger: { least: 3, most: 25, timeout: 5_000 },
  rows: { least: 3, most: 20, timeout: 5_000 },
  counters: { least: 3, most: 20, timeout: 5_000 },
  mappings: { least: 3, most: 15, timeout: 5_000 },
  settings: { least: 1, most: 20, timeout: 5_000 },
  gitLab: { least: 40, most: 250, timeout: 8_000 },
  ec2: { least: 150, most: 2_500, timeout: 15_000 },
  lambda: { least: 20, most: 80, timeout: 5_000 },
  microvm: { least: 200, most: 750, timeout: 3_000 },
  bus: { least: 5, most: 40, timeout: 5_000 },
  ssm: { least: 10, most: 60, timeout: 4_000 },
};
const FALLBACK: Timing = { least: 1, most: 10, timeout: 5_000 };

/** An environment reads its configuration, and the tags of functions, for whatever job comes. */
const OF_NO_JOB = /^(ssm|lambda\.listTags)/;

/** Timing and number of the calls of one name. */
interface Kind {
  readonly timing: Timing;
  readonly isOfJob: boolean;
  count: number;
}

interface Wrong<Answer> {
  readonly latency: number;
  readonly timing: Timing;
  readonly effect: () => Answer;
  readonly reject: (fault: CallFault) => void;
}

/** Makes the error that a service throws for a fault. */
export type ErrorOf = (fault: CallFault, name: string) => Error;

const transient: ErrorOf = (fault, name) => new TransientError(`${name}: ${fault}`);

export interface CallsOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly timings?: Readonly<Record<string, Timing>>;
}

/** Every call of the product's ports passes here: it takes time, is counted, and may have a fault. */
export class Calls {
  /** The calls in order; recorded where a test sets it. */
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

  /** Number of calls by name. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#kinds].flatMap(([name, { count }]) => (count === 0 ? [] : [[name, count]])));
  }

  /** Number of calls by job id. */
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
    const kind = { timing, isOfJob: !OF_NO_JOB.test(name), count: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }

  #count(process: Process, name: string, kind: Kind): CallFault | Stall | undefined {
    const call = { index: this.#index, name, caller: process.name };
    this.#index += 1;
    kind.count += 1;
    if (process.spent !== undefined && kind.isOfJob) process.spent.calls += 1;
    this.trace?.push(call);
    return this.plan(call);
  }

  /** @param effect what the service does, at one instant */
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
