import { TransientError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import type { Launch } from "../../ports";
import { errorName } from "../aws-errors";
import type { LambdaApi } from "./client";
import { invokeVerdict, type LambdaVerdict, type Refusing } from "./errors";
import { stateVerdict } from "./function-state";

type Refused = Extract<Launch, { kind: "refused" }>;

/** After a retry by the SDK, a refusal proves nothing about the try before it. */
const isFirstTry = (error: unknown): boolean => {
  const metadata = (error as { readonly $metadata?: { readonly attempts?: number } }).$metadata;
  return (metadata?.attempts ?? 1) === 1;
};

const isOfState = (verdict: Refusing): boolean =>
  verdict.verdict === "not-ready" ||
  (verdict.verdict === "configuration" && verdict.reason === "function-image-unusable");

interface Stated {
  readonly verdict: Refusing;
  readonly text: string;
}

/** Lambda refuses functions that will be ready in a minute and functions that never will with the same error. */
const askState = async (
  client: Pick<LambdaApi, "getFunctionConfiguration">,
  functionArn: string,
  jobId: number,
): Promise<Stated | undefined> => {
  try {
    const { State, StateReasonCode } = await client.getFunctionConfiguration({ FunctionName: functionArn });
    const text = `it is ${[State, StateReasonCode].filter(Boolean).join(", ")}`;
    return { verdict: stateVerdict(State, StateReasonCode), text };
  } catch (error) {
    log.warn("FUNCTION_STATE_UNKNOWN", { jobId, functionArn, errorName: errorName(error) });
    return undefined;
  }
};

const toRefused = (verdict: Refusing, message: string): Refused => ({
  kind: "refused",
  refusal: verdict.verdict,
  ...(verdict.verdict === "configuration" ? { reason: verdict.reason } : {}),
  message,
});

const isRefusing = (verdict: LambdaVerdict): verdict is Refusing => verdict.verdict !== "unknown";

/**
 * A failed Invoke as a refusal.
 *
 * @param jobId for the log
 * @throws TransientError when the function may have been started
 */
export const refusalOf = async (
  client: Pick<LambdaApi, "getFunctionConfiguration">,
  functionArn: string,
  error: unknown,
  jobId: number,
): Promise<Refused> => {
  const name = errorName(error);
  const verdict = invokeVerdict(name);
  if (!isRefusing(verdict) || !isFirstTry(error)) {
    throw new TransientError(`Invoke of ${functionArn} failed (${name}): it may have started`, {
      cause: error,
    });
  }
  if (name === "ResourceNotFoundException") {
    return toRefused(verdict, `There is no function ${functionArn} (${name})`);
  }
  const message = `Lambda refused ${functionArn}: ${name}`;
  const stated = isOfState(verdict) ? await askState(client, functionArn, jobId) : undefined;
  if (stated === undefined) return toRefused(verdict, message);
  // What the image is unusable for stays so, although the function's state does not tell it yet.
  const counts = stated.verdict.verdict === "not-ready" ? verdict : stated.verdict;
  return toRefused(counts, `${message} (${stated.text})`);
};
