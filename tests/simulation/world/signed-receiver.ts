import { signatureOf } from "../../../Core/gitlab/webhook-signature";
import {
  type Reception,
  receiveWebhook,
  type SignedWebhookSecrets,
} from "../../../Infrastructure/src/webhook-reception";
import { WebhookFunction, type WebhookFunctionParts } from "./webhook-function";

/** As the shipped one gives Parameter Store, in milliseconds. */
const BUDGET = 2_000;
/** Of the table of ids, and of the bus. */
const A_CALL = [3, 20] as const;
const A_PUT = [5, 40] as const;

const KEY = Buffer.alloc(32, "simulated");
const SECRETS: SignedWebhookSecrets = {
  keys: { current: KEY },
  tokens: {},
  isAllowedSource: () => true,
};

/** The function behind the signed route: the shipped rule, which checks each webhook itself. */
export class SignedReceiver {
  #ids = 0;
  readonly #known = new Set<string>();
  readonly #function: WebhookFunction<SignedWebhookSecrets>;

  constructor(readonly parts: WebhookFunctionParts) {
    this.#function = new WebhookFunction(parts, () => SECRETS, BUDGET);
  }

  #within<Answer>([least, most]: readonly [number, number], effect: () => Answer): Promise<Answer> {
    return this.#function.pause(this.parts.random.between(least, most)).then(effect);
  }

  /**
   * A webhook as GitLab signs it, at the moment it is sent.
   *
   * @param put puts it on the bus; false: the bus refuses it
   */
  receive(detail: object, put: () => boolean): Promise<Reception | "refused-by-lambda"> {
    const { timeline } = this.parts;
    this.#ids += 1;
    const id = `msg_${this.#ids}`;
    const timestamp = String(Math.floor(timeline.now / 1_000));
    const body = Buffer.from(JSON.stringify(detail));
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signatureOf(KEY, id, timestamp, body).toString("base64")}`,
    };
    const dependencies = {
      ids: {
        isKnown: (known: string) => this.#within(A_CALL, () => this.#known.has(known)),
        remember: (known: string) => this.#within(A_CALL, () => Boolean(this.#known.add(known))),
      },
      put: () =>
        this.#within(A_PUT, () => {
          if (!put()) throw new Error("ThrottlingException");
          return true;
        }),
      now: () => timeline.now,
    };
    return this.#function.invoke((secrets) =>
      receiveWebhook({ ...dependencies, secrets }, { headers, body: body.toString() }),
    );
  }
}
