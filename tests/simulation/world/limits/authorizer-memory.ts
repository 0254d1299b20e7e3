import type { Time } from "../../../../Core/model/ledger";

interface Remembered {
  readonly isAuthorized: boolean;
  readonly until: Time;
}

/**
 * What API Gateway remembers of an authorizer: its answers under their identity, refusals too, and no errors.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export class AuthorizerMemory {
  readonly #answers = new Map<string, Remembered>();
  /** When the first answer was kept; undefined: none was. */
  since: Time | undefined;

  constructor(readonly seconds: number) {}

  get(identity: string, now: Time): boolean | undefined {
    const known = this.#answers.get(identity);
    return known !== undefined && now < known.until ? known.isAuthorized : undefined;
  }

  keep(identity: string, isAuthorized: boolean, now: Time): void {
    this.since ??= now;
    this.#answers.set(identity, { isAuthorized, until: now + this.seconds * 1_000 });
  }
}
