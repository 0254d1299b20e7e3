import { lambdaFunctions } from "../../../AutoScaler/src/adapters/lambda/functions";
import type { RunnerFunctions } from "../../../AutoScaler/src/ports";
import { ROLE_TAG, STACK_TAG, TENANT_ISOLATION_TAG } from "../../../Core/configuration";
import type { Calls, Process } from "./calls";
import { TokenBucket } from "./limits/token-bucket";
import type { Random } from "./random";
import { withSdkTries } from "./sdk-tries";
import { DEPLOYMENT } from "./stack";
import type { Timeline } from "./timeline";

export interface LambdaApiParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly requestsPerSecond: number;
}

const TAGS = { [ROLE_TAG]: "runner", [STACK_TAG]: DEPLOYMENT, [TENANT_ISOLATION_TAG]: "on" };

const refusal = (): Error => Object.assign(new Error("Rate exceeded"), { name: "TooManyRequestsException" });

/** What is asked of Lambda about functions and the account: all of it shares one rate. */
export class SimulatedLambdaApi {
  readonly requests: TokenBucket;

  constructor(readonly parts: LambdaApiParts) {
    this.requests = new TokenBucket(parts.requestsPerSecond);
  }

  ask<Answer>(process: Process, name: string, answer: Answer): Promise<Answer> {
    const { timeline, random, calls } = this.parts;
    const effect = () => (this.requests.take(timeline.now) ? { answer } : undefined);
    return withSdkTries(calls, random, process, { name, effect, refusal });
  }

  /** The shipped reader of the functions' tags, which an environment keeps from one invocation to the next. */
  functionsFor(invocation: () => Process): RunnerFunctions {
    const listTags = async () => ({
      $metadata: {},
      Tags: await this.ask(invocation(), "lambda.listTags", TAGS),
    });
    return lambdaFunctions({ listTags }, DEPLOYMENT, { now: () => this.parts.timeline.now });
  }
}
