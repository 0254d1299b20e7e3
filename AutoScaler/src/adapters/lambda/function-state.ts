import type { LaunchFailure } from "../../../../Core/model/reasons";
import type { Refusing } from "./errors";

type StateVerdict = "passes" | "limit" | "capacity" | LaunchFailure;

const of = (
  verdict: StateVerdict,
  ...codes: readonly string[]
): readonly (readonly [string, StateVerdict])[] => codes.map((code) => [code, verdict]);

/**
 * Why a function is not active, by `StateReasonCode`.
 * https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
 */
export const STATE_VERDICTS: Readonly<Record<string, StateVerdict>> = Object.fromEntries([
  ...of(
    "passes",
    "Creating",
    "DependencyError",
    "DrainingDurableExecutions",
    "EC2RequestLimitExceeded",
    "EFSMountConnectivityError",
    "EFSMountTimeout",
    "Idle",
    "InsufficientCapacity",
    "InternalError",
    "Restoring",
  ),
  ...of(
    "limit",
    "CapacityProviderScalingLimitExceeded",
    "EniLimitExceeded",
    "ServiceQuotaExceededException",
    "VcpuLimitExceeded",
  ),
  ...of("capacity", "SubnetOutOfIPAddresses"),
  ...of("function-image-missing", "ImageAccessDenied", "ImageDeleted"),
  ...of(
    "function-image-unusable",
    "FunctionError",
    "FunctionError.ExtensionInitError",
    "FunctionError.InitResourceExhausted",
    "FunctionError.InitTimeout",
    "FunctionError.InvalidEntryPoint",
    "FunctionError.InvalidWorkingDirectory",
    "FunctionError.PermissionDenied",
    "FunctionError.RuntimeInitError",
    "FunctionError.TooManyExtensions",
    "InvalidImage",
    "InvalidRuntime",
    "InvalidZipFileException",
  ),
  ...of(
    "function-key-refused",
    "DisabledKMSKey",
    "InvalidStateKMSKey",
    "KMSKeyAccessDenied",
    "KMSKeyNotFound",
  ),
  ...of(
    "function-failed",
    "DisallowedByVpcEncryptionControl",
    "EFSIOError",
    "EFSMountFailure",
    "InsufficientRolePermissions",
    "InvalidConfiguration",
    "InvalidSecurityGroup",
    "InvalidSubnet",
  ),
]);

/** What a call wakes, and what Lambda is making, is waited for: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html */
const PASSING: readonly (string | undefined)[] = ["Active", "Pending", undefined];

/**
 * What a function's state means for a start that Lambda refused because of it.
 *
 * @param state `Pending`, `Active`, `Inactive`, `Failed` …
 * @param code `StateReasonCode`
 */
export const stateVerdict = (state: string | undefined, code: string | undefined): Refusing => {
  if (PASSING.includes(state)) return { verdict: "not-ready" };
  const known = STATE_VERDICTS[code ?? ""];
  if (known === "limit" || known === "capacity") return { verdict: known };
  if (known !== undefined && known !== "passes") return { verdict: "configuration", reason: known };
  return state === "Inactive"
    ? { verdict: "not-ready" }
    : { verdict: "configuration", reason: "function-failed" };
};
