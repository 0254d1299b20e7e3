import { REFUSAL_AGE_MILLISECONDS, secretCache } from "../../../Infrastructure/src/secret-cache";
import { FunctionEnvironments } from "./limits/function-environments";
import type { LambdaConcurrency } from "./limits/lambda-concurrency";
import type { ParameterStore } from "./parameter-store";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export interface AuthorizerParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly concurrency: LambdaConcurrency;
  readonly parameterStore: ParameterStore;
  readonly idleSeconds: number;
  readonly invocationsPerSecond: number;
}

/** As the shipped reader of the secrets: so long in all, and a random pause that doubles. Milliseconds. */
const BUDGET = 6_500;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 200;
const A_READ = [10, 60] as const;
/** A warm invocation without its reads. */
const RUNS_FOR = [5, 30] as const;

/** What one environment remembers of the secrets. */
type Secrets = ReturnType<typeof secretCache<string>>;

export type Authorized = boolean | "refused-by-lambda" | "failed";

/** The authorizer's function: the shipped memory of the secrets over a Parameter Store that throttles. */
export class SimulatedAuthorizer {
  calls = 0;
  readonly #environments: FunctionEnvironments<Secrets>;

  constructor(
    readonly parts: AuthorizerParts,
    readonly secret: () => string,
  ) {
    this.#environments = new FunctionEnvironments(
      () => this.#newEnvironment(),
      parts.random,
      parts.idleSeconds,
      parts.invocationsPerSecond,
    );
  }

  #pause(milliseconds: number): Promise<void> {
    const { timeline } = this.parts;
    return new Promise((resolve) => {
      timeline.after(milliseconds, () => {
        timeline.hasContinuation = true;
        resolve();
      });
    });
  }

  async #read(): Promise<string> {
    const { timeline, random, parameterStore } = this.parts;
    const until = timeline.now + BUDGET;
    for (let tries = 1; timeline.now < until; tries += 1) {
      await this.#pause(random.between(...A_READ));
      if (parameterStore.reads.take(timeline.now)) return this.secret();
      await this.#pause(random.between(0, Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries)));
    }
    throw new Error("Parameter Store did not answer in time");
  }

  #newEnvironment(): Secrets {
    const { timeline } = this.parts;
    return secretCache({
      read: () => this.#read(),
      now: () => timeline.now,
      onFailure: () => undefined,
    });
  }

  async #run(secrets: Secrets, token: string): Promise<Authorized> {
    await this.#pause(this.parts.random.between(...RUNS_FOR));
    const secret = await secrets();
    return secret === undefined ? "failed" : secret === token;
  }

  /** One invocation, from its environment's start on. */
  async #invoke(run: (secrets: Secrets) => Promise<Authorized>): Promise<Authorized> {
    const { concurrency, timeline } = this.parts;
    this.calls += 1;
    if (!concurrency.enter()) return "refused-by-lambda";
    const entered = this.#environments.enter(timeline.now);
    if (entered === undefined) {
      concurrency.leave();
      return "refused-by-lambda";
    }
    await this.#pause(entered.coldStart);
    const answer = await run(entered.environment);
    concurrency.leave();
    this.#environments.leave(entered.environment, timeline.now);
    return answer;
  }

  /** API Gateway's invocation, which waits for the answer. */
  ask(token: string): Promise<Authorized> {
    return this.#invoke((secrets) => this.#run(secrets, token));
  }

  /** Its schedule's invocation. */
  getReady(): Promise<Authorized> {
    return this.#invoke(async (secrets) => {
      await this.#pause(this.parts.random.between(...RUNS_FOR));
      await secrets(REFUSAL_AGE_MILLISECONDS);
      return false;
    });
  }
}
