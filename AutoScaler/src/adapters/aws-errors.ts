import { ConfigurationError, InvalidInputError, TransientError } from "../../../Core/errors";

/** Error names that need an operator: a repeated call would get the same answer. */
const OPERATORS_ERRORS = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "InvalidSignatureException",
  "KMSAccessDeniedException",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "ValidationException",
]);

/** The name of an SDK error, which is AWS's error code, such as `ThrottlingException`. */
export const errorName = (error: unknown): string => {
  const name = (error as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : "unknown error";
};

/**
 * Translates an error of an AWS client. The message contains the error's name alone, since AWS's own message
 * may quote the request. The whole error is kept as `cause`.
 *
 * @param what the call and its target, e.g. `PutEvents on gitlab-runners-infrastructure`
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

/** Makes an AWS call and translates its errors. */
export const callAws = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (error) {
    throw awsError(error, what);
  }
};
