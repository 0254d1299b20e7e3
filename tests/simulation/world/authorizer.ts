import { REFUSAL_AGE_MILLISECONDS } from "../../../Infrastructure/src/secret-cache";
import { WebhookFunction, type WebhookFunctionParts } from "./webhook-function";

/** As the shipped one gives Parameter Store, in milliseconds. */
const BUDGET = 6_500;

export type Authorized = boolean | "refused-by-lambda" | "failed";

/** The authorizer's function. */
export class SimulatedAuthorizer {
  calls = 0;
  readonly #function: WebhookFunction<string>;

  constructor(parts: WebhookFunctionParts, secret: () => string) {
    this.#function = new WebhookFunction(parts, secret, BUDGET);
  }

  /** API Gateway's invocation, which waits for the answer. */
  ask(token: string): Promise<Authorized> {
    this.calls += 1;
    return this.#function.invoke(async (secrets) => {
      const secret = await secrets();
      return secret === undefined ? "failed" : secret === token;
    });
  }

  /** Its schedule's invocation. */
  getReady(): Promise<Authorized> {
    this.calls += 1;
    return this.#function.invoke(async (secrets) => {
      await secrets(REFUSAL_AGE_MILLISECONDS);
      return false;
    });
  }
}
