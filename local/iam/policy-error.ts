/** A policy or a question that cannot be judged. It is an error to the caller: never a pass. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}
