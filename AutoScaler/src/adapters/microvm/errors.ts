import type { LaunchRefusal } from "../../ports";

/**
 * What an error of RunMicrovm means for a launch.
 *
 * - `again`: the rights of a role that was just made are not known everywhere yet
 * - `unknown`: the VM may have been launched
 * - `image`: there is no such image, or no active version of it
 * - `mismatch`: the client token was used with other parameters
 */
export type MicroVmVerdict =
  | Exclude<LaunchRefusal, "not-ready" | "spot-role">
  | "again"
  | "unknown"
  | "image"
  | "mismatch";

/**
 * By the error's name: all that the operation lists
 * (https://docs.aws.amazon.com/lambda/latest/microvm-api/API_RunMicrovm.html#API_RunMicrovm_Errors) and those of its
 * signature and throttling (https://docs.aws.amazon.com/lambda/latest/microvm-api/CommonErrors.html).
 */
export const RUN_VERDICTS: Readonly<Record<string, MicroVmVerdict>> = {
  AccessDeniedException: "again",
  ConflictException: "mismatch",
  InsufficientCapacityException: "capacity",
  InternalServerException: "unknown",
  ResourceNotFoundException: "image",
  ServiceQuotaExceededException: "limit",
  ThrottlingException: "rate",
  ValidationException: "configuration",
  AccessDenied: "again",
  ExpiredTokenException: "other",
  IncompleteSignature: "configuration",
  InternalFailure: "unknown",
  InvalidClientTokenId: "configuration",
  MissingAuthenticationToken: "configuration",
  NotAuthorized: "configuration",
  OptInRequired: "configuration",
  RequestExpired: "other",
  ServiceUnavailable: "unknown",
  TooManyRequestsException: "rate",
  UnrecognizedClientException: "configuration",
  ValidationError: "configuration",
  // Of this client's model, though the operation does not list them.
  InvalidParameterValueException: "configuration",
  ResourceConflictException: "other",
  ServiceException: "unknown",
  CredentialsProviderError: "configuration",
};

/** The verdict on an error of RunMicrovm, by its name. What is not listed may have launched a VM. */
export const runVerdict = (name: string): MicroVmVerdict =>
  Object.hasOwn(RUN_VERDICTS, name) ? (RUN_VERDICTS[name] ?? "unknown") : "unknown";
