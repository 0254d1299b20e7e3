import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { type Ec2ErrorKind, listedKind } from "./error-codes";

/** The kind of an error inside an answer. A code that is not listed proves that nothing was launched, and may pass. */
export const kindOfCode = (code: string): Ec2ErrorKind => listedKind(code) ?? "other";

const statusOf = (error: object): number | undefined => {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
};

/** Missing or expired credentials throw before the call, with these names instead of an EC2 code. */
const CREDENTIALS_CODES = ["CredentialsProviderError", "TokenProviderError"];

/** An error without an HTTP status is no answer from EC2: a broken connection or a time-out. */
export const kindOfError = (error: unknown): Ec2ErrorKind => {
  if (!(error instanceof Error)) return "unknown";
  const known = listedKind(error.name);
  if (known !== undefined) return known;
  if (CREDENTIALS_CODES.includes(error.name)) return "configuration";
  const status = statusOf(error);
  return status === undefined || status >= 500 ? "unknown" : "other";
};

const MESSAGE_LENGTH = 300;

/** Cuts off an encoded authorization message: it is kilobytes long and unreadable. */
export const shortMessage = (text: string): string =>
  text
    .replace(/\s*Encoded authorization failure message:.*/s, "")
    .replace(/\s+/g, " ")
    .slice(0, MESSAGE_LENGTH);

/** For our messages: `InvalidInstanceID.NotFound: The instance ID 'i-…' does not exist`. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? shortMessage(`${error.name}: ${error.message}`) : "an unknown error";

const MAY_PASS: readonly Ec2ErrorKind[] = ["rate", "unknown", "other"];

/**
 * Makes an EC2 call and translates its errors.
 *
 * @throws TransientError for what may pass (a rate limit, an unknown outcome, a code that is not listed),
 *   ConfigurationError for the rest
 */
export const callEc2 = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (error) {
    const kind = kindOfError(error);
    const message = `${what}: ${describeError(error)}`;
    if (MAY_PASS.includes(kind)) throw new TransientError(message, { cause: error });
    throw new ConfigurationError(`${message}. Check the function's permissions and the stack's parameters`, {
      cause: error,
    });
  }
};
