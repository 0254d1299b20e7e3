import type { Fields } from "../../Core/fields";

/** What came of asking a runner function what it is. */
export const RUNNER_CHECK_CODES = [
  "ok",
  "function-missing",
  "not-allowed",
  /** Lambda was still making it ready at the timeout. */
  "not-ready",
  /** The image is deleted, may not be read, or cannot be used. */
  "image-unusable",
  "key-refused",
  /** The image is for another processor than the function. */
  "wrong-architecture",
  /** It does not know the question. */
  "image-too-old",
  "tool-missing",
  "table-unreachable",
  "function-error",
  "throttled",
] as const;
export type RunnerCheckCode = (typeof RUNNER_CHECK_CODES)[number];

const BUILD = "Build and deploy LambdaShellRunner again (sam build, sam deploy)";

/** What a person can do, a sentence without its full stop. */
export const RUNNER_CHECK_REMEDIES: Readonly<Record<Exclude<RunnerCheckCode, "ok">, string>> = {
  "function-missing": "Deploy the function, or correct the row or parameter that names it",
  "not-allowed": "Ask for lambda:InvokeFunction and lambda:GetFunction on it",
  "not-ready": "Wait a few minutes and try again; doctor shows its state",
  "image-unusable": `Look at the function's StateReason (doctor shows it). ${BUILD}`,
  "key-refused": "Enable the KMS key of the function's image or environment, and let Lambda use it",
  "wrong-architecture": `${BUILD} with the same Architecture for both`,
  "image-too-old": BUILD,
  "tool-missing": `${BUILD}: its Dockerfile installs them all`,
  "table-unreachable": "Deploy Infrastructure and LambdaShellRunner again, with one configuration path",
  "function-error": "Read the function's log",
  throttled: "Try again when fewer functions run, or ask for more concurrent executions",
};

/** The codes of Lambda's refusals that say something of the function, by the error's name. */
const REFUSALS: Readonly<Record<string, RunnerCheckCode>> = {
  ResourceNotFoundException: "function-missing",
  NoPublishedVersionException: "function-missing",
  AccessDeniedException: "not-allowed",
  CodeArtifactUserPendingException: "not-ready",
  CodeArtifactUserDeletedException: "not-ready",
  ResourceConflictException: "not-ready",
  ResourceNotReadyException: "not-ready",
  CodeArtifactUserFailedException: "image-unusable",
  InvalidRuntimeException: "image-unusable",
  KMSAccessDeniedException: "key-refused",
  KMSDisabledException: "key-refused",
  KMSInvalidStateException: "key-refused",
  KMSNotFoundException: "key-refused",
  TooManyRequestsException: "throttled",
};

/** Undefined: the error says nothing of the function. */
export const refusedCode = (
  error: unknown,
): { readonly code: RunnerCheckCode; readonly detail: string } | undefined => {
  const name = error instanceof Error ? error.name : "";
  const code = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
  return code && { code, detail: name };
};

/** An image for another processor: its first program cannot be run. */
const WRONG_ARCHITECTURE = /exec format error|InvalidEntrypoint/i;

/** The code of an answer with FunctionError. https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html */
export const failedAnswer = (
  payload: unknown,
): { readonly code: RunnerCheckCode; readonly detail: string } => {
  const { errorType, errorMessage } = (payload ?? {}) as Fields;
  const detail = [errorType, errorMessage].filter((part) => typeof part === "string").join(": ");
  if (errorType === "InvalidInputError") return { code: "image-too-old", detail };
  return { code: WRONG_ARCHITECTURE.test(detail) ? "wrong-architecture" : "function-error", detail };
};
