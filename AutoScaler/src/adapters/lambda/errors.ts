import type { LaunchFailure, LaunchRefusal } from "../../../../Core/model/reasons";

/** A proof that the function was not started; one for an operator has the reason that the attempt keeps. */
export type Refusing =
  | { readonly verdict: Exclude<LaunchRefusal, "configuration"> }
  | { readonly verdict: "configuration"; readonly reason: LaunchFailure };

/** What an error means for a start. `unknown`: the function may have been started. */
export type LambdaVerdict = Refusing | { readonly verdict: "unknown" };

const of = (
  verdict: Exclude<LaunchRefusal, "configuration"> | "unknown",
  ...names: readonly string[]
): readonly (readonly [string, LambdaVerdict])[] => names.map((name) => [name, { verdict }]);

const failing = (
  reason: LaunchFailure,
  ...names: readonly string[]
): readonly (readonly [string, LambdaVerdict])[] =>
  names.map((name) => [name, { verdict: "configuration", reason }]);

/**
 * By the error's name. Sources: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors,
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-images.html (image),
 * https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html. Those of SnapStart, file systems and VPCs cannot come
 * from the function that is shipped, but from one that somebody maps.
 */
export const INVOKE_VERDICTS: Readonly<Record<string, LambdaVerdict>> = Object.fromEntries([
  // An idle function is made ready by the call itself, which fails; Lambda says that the next calls succeed.
  ...of(
    "not-ready",
    "CodeArtifactUserPendingException",
    "CodeArtifactUserDeletedException",
    "ENINotReadyException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "SnapStartNotReadyException",
    "SnapStartRegenerationFailureException",
    "SnapStartTimeoutException",
    "EFSMountConnectivityException",
    "EFSMountTimeoutException",
    "S3FilesMountConnectivityException",
    "S3FilesMountTimeoutException",
  ),
  ...of("capacity", "SubnetIPAddressLimitReachedException"),
  ...of("limit", "ENILimitReachedException", "ServiceQuotaExceededException"),
  ...of("rate", "EC2ThrottledException", "ThrottlingException", "TooManyRequestsException"),
  ...of("unknown", "EC2UnexpectedException", "ServiceException"),
  ...failing("function-missing", "NoPublishedVersionException", "ResourceNotFoundException"),
  ...failing(
    "function-image-unusable",
    "CodeArtifactUserFailedException",
    "InvalidRuntimeException",
    "InvalidZipFileException",
  ),
  ...failing(
    "function-key-refused",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
  ),
  ...failing(
    "launch-refused",
    "AccessDeniedException",
    "DurableExecutionAlreadyStartedException",
    "EC2AccessDeniedException",
    "EFSIOException",
    "EFSMountFailureException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "ModeNotSupportedException",
    "RecursiveInvocationException",
    "RequestTooLargeException",
    "S3FilesMountFailureException",
    "SerializedRequestEntityTooLargeException",
    "SnapStartException",
    "UnsupportedMediaTypeException",
  ),
]);

/** The verdict on an error of Invoke, by its name. */
export const invokeVerdict = (name: string): LambdaVerdict =>
  Object.hasOwn(INVOKE_VERDICTS, name)
    ? (INVOKE_VERDICTS[name] ?? { verdict: "unknown" })
    : { verdict: "unknown" };
