import { ConfigurationError, InvalidInputError, TransientError } from "../../../Core/errors";

/** Error names with which AWS says that an operator must act; a repeat would get the same answer. */
const OPERATORS_ERRORS = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "InvalidSignatureException",
  "KMSAccessDeniedException",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "ValidationException",
]);

/** An SDK error's name: its code on the wire, such as `ThrottlingException`. */
export const errorName = (error: unknown): string => {
  const name = (error as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : "unknown error";
};

/**
 * Translates what an AWS client threw. Only the error's name goes into the message: a message of AWS's may
 * quote a request. The whole error stays as `cause`.
 *
 * @param what the call and the thing, e.g. `PutEvents on gitlab-runners-infrastructure`
 */
export const awsError = (error: unknown, what: string): Error => {
  if (error instanceof ConfigurationError || error instanceof InvalidInputError) return error;
  const name = errorName(error);
  if (OPERATORS_ERRORS.has(name)) {
    return new ConfigurationError(
      `${what} was refused (${name}): look at the function's role and environment, or deploy its stack again`,
      { cause: error },
    );
  }
  return new TransientError(`${what} failed (${name}): what became of it is unknown`, { cause: error });
};

/** Runs an AWS call and translates what it throws. */
export const callAws = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (error) {
    throw awsError(error, what);
  }
};
