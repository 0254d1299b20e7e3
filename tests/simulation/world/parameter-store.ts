import type { SSMClient } from "@aws-sdk/client-ssm";
import { type Configuration, ssmConfiguration } from "../../../AutoScaler/src/adapters/ssm/configuration";
import { TransientError } from "../../../Core/errors";
import type { Calls, ErrorOf, Process } from "./calls";
import { TokenBucket } from "./limits/token-bucket";
import type { Random } from "./random";
import type { Timeline } from "./timeline";
import { withoutStack } from "./without-stack";

export interface ParameterStoreParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly readsPerSecond: number;
}

const PATH = "/simulated";
const ANSWER = {
  Parameters: [
    { Name: `${PATH}/Url`, Value: "https://gitlab.example.com" },
    { Name: `${PATH}/AccessToken`, Value: "glpat-simulated" },
  ],
};

const throttled = (): Error => Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });

const errorOf: ErrorOf = (fault, name) =>
  fault === "throttled" ? throttled() : new TransientError(`${name}: ${fault}`);

/** Parameter Store, whose reads all functions of the account share. */
export class ParameterStore {
  readonly reads: TokenBucket;

  constructor(readonly parts: ParameterStoreParts) {
    this.reads = new TokenBucket(parts.readsPerSecond);
  }

  /** One GetParameters. @throws Error as the SDK does */
  read(): typeof ANSWER {
    if (!this.reads.take(this.parts.timeline.now)) throw withoutStack(throttled);
    return ANSWER;
  }

  /** The shipped reader, which an environment keeps from one invocation to the next. */
  configurationFor(invocation: () => Process): Configuration {
    const { timeline, random, calls } = this.parts;
    const send = () => calls.make(invocation(), "ssm.getParameters", () => this.read(), errorOf);
    return ssmConfiguration({ send } as unknown as Pick<SSMClient, "send">, {
      path: PATH,
      deploymentId: "simulated",
      busName: "simulated",
      clock: {
        now: () => timeline.now,
        sleep: (milliseconds) => calls.sleep(invocation(), milliseconds),
      },
      random: () => random.next(),
    });
  }
}
