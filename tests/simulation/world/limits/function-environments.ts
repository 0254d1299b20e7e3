import type { Time } from "../../../../Core/model/ledger";
import type { Random } from "../random";
import { TokenBucket } from "./token-bucket";

/** From an invocation to the handler where a new environment loads the function first, in milliseconds. */
const COLD = [250, 600] as const;
/**
 * New environments of one function: a thousand in ten seconds.
 * https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
 */
const NEW_PER_SECOND = 100;
const NEW_AT_ONCE = 1_000;

interface Idle<Environment> {
  readonly environment: Environment;
  readonly since: Time;
}

export interface Entered<Environment> {
  readonly environment: Environment;
  /** Milliseconds that its start takes; 0: it is warm. */
  readonly coldStart: number;
}

/** The environments of one function: each serves one invocation at a time, the last one used first, and is given up when idle. */
export class FunctionEnvironments<Environment> {
  coldStarts = 0;
  readonly invocations: TokenBucket;
  #idle: Idle<Environment>[] = [];
  readonly #scaling = new TokenBucket(NEW_PER_SECOND, NEW_AT_ONCE);

  constructor(
    readonly make: () => Environment,
    readonly random: Random,
    readonly idleSeconds: number,
    invocationsPerSecond: number,
  ) {
    this.invocations = new TokenBucket(invocationsPerSecond);
  }

  /** Undefined: the function is called too often, or grows too fast. */
  enter(now: Time): Entered<Environment> | undefined {
    if (!this.invocations.take(now)) return undefined;
    const last = this.#idle.pop();
    if (last !== undefined && this.#isKept(last, now)) return { environment: last.environment, coldStart: 0 };
    // The last one used is the last to go: all others are gone too.
    this.#idle = [];
    if (!this.#scaling.take(now)) return undefined;
    this.coldStarts += 1;
    return { environment: this.make(), coldStart: this.random.between(...COLD) };
  }

  #isKept({ since }: Idle<Environment>, now: Time): boolean {
    return now - since < this.idleSeconds * 1_000;
  }

  /** Gives an environment back that has served. */
  leave(environment: Environment, now: Time): void {
    const [oldest] = this.#idle;
    if (oldest !== undefined && !this.#isKept(oldest, now))
      this.#idle = this.#idle.filter((idle) => this.#isKept(idle, now));
    this.#idle.push({ environment, since: now });
  }
}
