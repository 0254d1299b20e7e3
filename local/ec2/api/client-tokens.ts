import { Ec2Error } from "./errors";
import type { QueryNode } from "./query-form";

const canonical = (node: QueryNode): unknown => {
  if (typeof node === "string") return node;
  if (Array.isArray(node)) return node.map(canonical);
  return Object.entries(node)
    .filter(([name]) => name !== "ClientToken")
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, inner]) => [name, canonical(inner)]);
};

/**
 * Client tokens with their parameters and answers. A repeated token returns the first answer and has no second effect;
 * with other parameters it is refused. An answer that lists errors of a fleet is kept like any other.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
export class ClientTokens<Answer> {
  private readonly seen = new Map<string, { readonly parameters: string; readonly answer: Answer }>();

  once(token: string | undefined, request: QueryNode, effect: () => Answer): Answer {
    if (token === undefined) return effect();
    const parameters = JSON.stringify(canonical(request));
    const earlier = this.seen.get(token);
    if (earlier === undefined) {
      const answer = effect();
      this.seen.set(token, { parameters, answer });
      return answer;
    }
    if (earlier.parameters !== parameters) {
      throw new Ec2Error(
        "IdempotentParameterMismatch",
        "The client token was used before, with other parameters.",
      );
    }
    return earlier.answer;
  }
}
