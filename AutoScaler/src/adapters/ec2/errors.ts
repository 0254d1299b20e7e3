import { ConfigurationError, TransientError } from "../../../../Core/errors";

/**
 * What EC2's error codes mean for a launch.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 *
 * - `capacity`: no capacity in these zones at the moment
 * - `limit`: a quota of the account is reached
 * - `rate`: too many requests
 * - `unsupported`: the type is not offered there; another market or zone may have it
 * - `unknown`: the outcome of the call is unknown
 * - `mismatch`: the client token was used with other parameters, so an earlier call got through
 * - `configuration`: an operator must act
 */
export type Ec2ErrorKind =
  | "capacity"
  | "limit"
  | "rate"
  | "unsupported"
  | "unknown"
  | "mismatch"
  | "configuration";

const CODES: Readonly<Record<Exclude<Ec2ErrorKind, "configuration">, readonly string[]>> = {
  capacity: [
    "InsufficientInstanceCapacity",
    "InsufficientCapacity",
    "InsufficientHostCapacity",
    "InsufficientReservedInstanceCapacity",
    "InsufficientCapacityOnOutpost",
    "InsufficientFreeAddressesInSubnet",
    "SpotMaxPriceTooLow",
    "UnfulfillableCapacity",
  ],
  limit: [
    "VcpuLimitExceeded",
    "InstanceLimitExceeded",
    "MaxSpotInstanceCountExceeded",
    "MaxSpotFleetRequestCountExceeded",
    "VolumeLimitExceeded",
    "MaxIOPSLimitExceeded",
    "AddressLimitExceeded",
    "NetworkInterfaceLimitExceeded",
  ],
  rate: [
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "RequestThrottled",
    "RequestThrottledException",
    "EC2ThrottledException",
    "TooManyRequestsException",
    "SlowDown",
  ],
  unsupported: ["Unsupported", "UnsupportedOperation"],
  unknown: [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
    "Unavailable",
    "RequestTimeout",
    "RequestTimeoutException",
    "TimeoutError",
  ],
  mismatch: ["IdempotentParameterMismatch"],
};

const KIND_OF = new Map<string, Ec2ErrorKind>(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, kind as Ec2ErrorKind])),
);

/** Older answers put the side in front: `Server.InsufficientInstanceCapacity`. */
export const kindOfCode = (code: string): Ec2ErrorKind =>
  KIND_OF.get(code.replace(/^(Client|Server)\./, "")) ?? "configuration";

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
  const known = KIND_OF.get(error.name.replace(/^(Client|Server)\./, ""));
  if (known !== undefined) return known;
  if (CREDENTIALS_CODES.includes(error.name)) return "configuration";
  const status = statusOf(error);
  return status === undefined || status >= 500 ? "unknown" : "configuration";
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

/**
 * Makes an EC2 call and translates its errors.
 *
 * @throws TransientError for a rate limit or an unknown outcome, ConfigurationError for the rest
 */
export const callEc2 = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (error) {
    const kind = kindOfError(error);
    const message = `${what}: ${describeError(error)}`;
    if (kind === "rate" || kind === "unknown") throw new TransientError(message, { cause: error });
    throw new ConfigurationError(`${message}. Check the function's permissions and the stack's parameters`, {
      cause: error,
    });
  }
};
