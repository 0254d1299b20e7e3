import { secretCache } from "../../../Infrastructure/src/secret-cache";
import { FunctionEnvironments } from "./limits/function-environments";
import type { LambdaConcurrency } from "./limits/lambda-concurrency";
import type { ParameterStore } from "./parameter-store";
import type { Random } from "./random";
import type { Timeline } from "./timeline";

export interface WebhookFunctionParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly concurrency: LambdaConcurrency;
  readonly parameterStore: ParameterStore;
  readonly idleSeconds: number;
  readonly invocationsPerSecond: number;
}

/** As the shipped reader of the secrets: a random pause that doubles. Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 200;
const A_READ = [10, 60] as const;
/** A warm invocation without what it asks others for. */
const RUNS_FOR = [5, 30] as const;

/** What one environment remembers of the secrets. */
export type KeptSecrets<Secrets> = ReturnType<typeof secretCache<Secrets>>;

/** A function that API Gateway calls for a webhook: the shipped memory of the secrets over a Parameter Store that throttles. */
export class WebhookFunction<Secrets> {
  readonly #environments: FunctionEnvironments<KeptSecrets<Secrets>>;

  /**
   * @param secrets as they are stored
   * @param budget milliseconds that it gives Parameter Store, tries included
   */
  constructor(
    readonly parts: WebhookFunctionParts,
    readonly secrets: () => Secrets,
    readonly budget: number,
  ) {
    const { random, idleSeconds, invocationsPerSecond } = parts;
    const make = () => this.#newEnvironment();
    this.#environments = new FunctionEnvironments(make, random, idleSeconds, invocationsPerSecond);
  }

  pause(milliseconds: number): Promise<void> {
    const { timeline } = this.parts;
    return new Promise((resolve) => {
      timeline.after(milliseconds, () => {
        timeline.hasContinuation = true;
        resolve();
      });
    });
  }

  async #read(): Promise<Secrets> {
    const { timeline, random, parameterStore } = this.parts;
    const until = timeline.now + this.budget;
    for (let tries = 1; timeline.now < until; tries += 1) {
      await this.pause(random.between(...A_READ));
      if (parameterStore.reads.take(timeline.now)) return this.secrets();
      await this.pause(random.between(0, Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries)));
    }
    throw new Error("Parameter Store did not answer in time");
  }

  #newEnvironment(): KeptSecrets<Secrets> {
    const { timeline } = this.parts;
    return secretCache({ read: () => this.#read(), now: () => timeline.now, onFailure: () => undefined });
  }

  /** One invocation, from its environment's start on. */
  async invoke<Answer>(
    run: (secrets: KeptSecrets<Secrets>) => Promise<Answer>,
  ): Promise<Answer | "refused-by-lambda"> {
    const { concurrency, timeline, random } = this.parts;
    if (!concurrency.enter()) return "refused-by-lambda";
    const entered = this.#environments.enter(timeline.now);
    if (entered === undefined) {
      concurrency.leave();
      return "refused-by-lambda";
    }
    await this.pause(entered.coldStart + random.between(...RUNS_FOR));
    const answer = await run(entered.environment);
    concurrency.leave();
    this.#environments.leave(entered.environment, timeline.now);
    return answer;
  }
}
