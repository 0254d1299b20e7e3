import { asList, asMap, at, ofType, type Properties, readTemplate } from "../../templates/read-template";
import type { SimulatedAuthorizer } from "./authorizer";
import type { Bus } from "./bus";
import { AuthorizerMemory } from "./limits/authorizer-memory";
import { TokenBucket } from "./limits/token-bucket";
import { once } from "./once";
import type { BusEvent } from "./rules";
import type { SignedReceiver } from "./signed-receiver";
import type { Timeline } from "./timeline";

const template = once((_: "Infrastructure") => readTemplate("Infrastructure"));

const stageOf = (): Properties =>
  ofType(template("Infrastructure"), "AWS::ApiGatewayV2::Stage")[0]?.properties ?? {};

/** The throttle of the route with a token. */
const throttleOf = (): TokenBucket => {
  const { ThrottlingRateLimit, ThrottlingBurstLimit } = asMap(stageOf().DefaultRouteSettings);
  return new TokenBucket(Number(ThrottlingRateLimit), Number(ThrottlingBurstLimit));
};

const authorizerOf = (): Properties =>
  ofType(template("Infrastructure"), "AWS::ApiGatewayV2::Authorizer")[0]?.properties ?? {};

/** Seconds for which API Gateway remembers an authorizer's answer. */
const memorySeconds = (): number => {
  const seconds = Number(authorizerOf().AuthorizerResultTtlInSeconds);
  if (!(seconds >= 0))
    throw new Error("The template does not say how long the authorizer's answers are kept");
  return seconds;
};

/** How often a schedule calls the authorizer, in minutes. */
export const READY_MINUTES = 3;

/** Whether the shipped stack has that schedule. */
export const authorizerIsKeptReady = once((stack: "Infrastructure"): boolean =>
  ofType(template(stack), "AWS::Events::Rule").some(
    ({ properties: { ScheduleExpression, Targets } }) =>
      ScheduleExpression === `rate(${READY_MINUTES} minutes)` &&
      asList(Targets).some((target) => at(target, "Arn", "Fn::GetAtt", 0) === "AuthorizeWebhookFunction"),
  ),
);

export interface WebhookGatewayParts {
  readonly timeline: Timeline;
  readonly authorizer: SimulatedAuthorizer;
  /** Of the route for signed webhooks; absent: GitLab sends the token alone, to the other route. */
  readonly receiver?: SignedReceiver;
  readonly bus: Bus;
  /** Of all that is put on buses in the account. */
  readonly putEvents: TokenBucket;
}

/** Why API Gateway answers anything but 2xx. All but `forbidden` are for lack of our capacity. */
export type DeliveryRefusal = "throttled" | "forbidden" | "authorizer" | "receiver" | "put-events";

/** API Gateway with its throttle, its authorizer and what it remembers of it, and PutEvents behind it. */
export class WebhookGateway {
  readonly memory = new AuthorizerMemory(memorySeconds());
  readonly #throttle = throttleOf();

  constructor(readonly parts: WebhookGatewayParts) {}

  /** @param answer called with undefined for 2xx */
  receive(event: BusEvent, token: string, answer: (refusal: DeliveryRefusal | undefined) => void): void {
    const { now } = this.parts.timeline;
    const { receiver } = this.parts;
    const known = this.memory.get(token, now);
    if (!this.#throttle.take(now)) answer("throttled");
    else if (receiver !== undefined) this.#handOver(receiver, event).then(answer);
    else if (known === undefined) this.#ask(event, token).then(answer);
    else answer(this.#admit(known, event));
  }

  async #handOver(receiver: SignedReceiver, event: BusEvent): Promise<DeliveryRefusal | undefined> {
    const put = (): boolean => this.#admit(true, event) === undefined;
    const reception = await receiver.receive(event.detail, put);
    if (reception === "accepted") return undefined;
    return reception === "bus-failed" ? "put-events" : "receiver";
  }

  async #ask(event: BusEvent, token: string): Promise<DeliveryRefusal | undefined> {
    const authorized = await this.parts.authorizer.ask(token);
    if (typeof authorized !== "boolean") return "authorizer";
    this.memory.keep(token, authorized, this.parts.timeline.now);
    return this.#admit(authorized, event);
  }

  #admit(isAuthorized: boolean, event: BusEvent): DeliveryRefusal | undefined {
    if (!isAuthorized) return "forbidden";
    if (!this.parts.putEvents.take(this.parts.timeline.now)) return "put-events";
    this.parts.bus.put(event);
    return undefined;
  }
}
