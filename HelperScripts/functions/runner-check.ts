import { GetFunctionCommand, type GetFunctionCommandOutput, InvokeCommand } from "@aws-sdk/client-lambda";
import { TENANT_ISOLATION_TAG } from "../../Core/configuration";
import { defined } from "../../Core/defined";
import {
  CHECKED_TOOLS,
  type CheckedTool,
  parseRunnerCheck,
  RUNNER_CHECK,
  type RunnerCheckAnswer,
} from "../../Core/runner-check";
import type { Context } from "../context";
import { failedAnswer, type RunnerCheckCode, refusedCode } from "./runner-check-codes";

/** One function, asked what it is. */
export interface RunnerCheckResult {
  readonly functionArn: string;
  readonly code: RunnerCheckCode;
  /** What Lambda said, for people. */
  readonly detail?: string;
  /** As the function is deployed: `arm64`, `x86_64`. */
  readonly deployedFor?: string;
  /** Of the last call, from its sending to its answer. */
  readonly milliseconds?: number;
  readonly answer?: RunnerCheckAnswer;
}

/** Lambda prepares an idle or new image within a minute or two. */
const READY_TIMEOUT_MILLISECONDS = 120_000;
const PAUSE_MILLISECONDS = 5_000;
/** A cold start, and the first run of each program. */
const ANSWER_MILLISECONDS = 60_000;

/** An environment of its own, so that no job meets it. */
const tenant = (context: Context, { Tags }: GetFunctionCommandOutput): { readonly TenantId?: string } =>
  Tags?.[TENANT_ISOLATION_TAG] === "on" ? { TenantId: `check-${context.random().slice(0, 32)}` } : {};

const decode = (payload: Uint8Array | undefined): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
};

type Judged = Pick<RunnerCheckResult, "code" | "detail" | "answer">;

/** An emulator runs no image: the processor and the tools are this machine's, of which a job needs gitlab-runner. */
const needed = (isEmulator: boolean): readonly CheckedTool[] =>
  isEmulator ? ["gitlab-runner"] : CHECKED_TOOLS;

const judged = (answer: RunnerCheckAnswer, deployedFor: string | undefined, isEmulator: boolean): Judged => {
  const missing = needed(isEmulator).filter((tool) => answer.versions[tool] === undefined);
  if (!isEmulator && deployedFor !== undefined && answer.architecture !== deployedFor) {
    return { code: "wrong-architecture", detail: `it runs on ${answer.architecture}`, answer };
  }
  if (answer.bootstrapTable !== "answers") {
    return { code: "table-unreachable", detail: answer.bootstrapTable, answer };
  }
  return missing.length > 0
    ? { code: "tool-missing", detail: missing.join(", "), answer }
    : { code: "ok", answer };
};

const call = async (
  context: Context,
  functionArn: string,
  found: GetFunctionCommandOutput,
): Promise<Judged & { readonly milliseconds: number }> => {
  const command = new InvokeCommand({
    FunctionName: functionArn,
    InvocationType: "RequestResponse",
    Payload: new TextEncoder().encode(JSON.stringify(RUNNER_CHECK)),
    ...tenant(context, found),
  });
  const from = context.now();
  const { FunctionError, Payload } = await context.clients
    .lambda()
    .send(command, { requestTimeout: ANSWER_MILLISECONDS });
  const milliseconds = context.now() - from;
  const value = decode(Payload);
  if (FunctionError !== undefined) return { ...failedAnswer(value), milliseconds };
  const answer = parseRunnerCheck(value);
  const deployedFor = found.Configuration?.Architectures?.[0];
  return answer === undefined
    ? { code: "image-too-old", milliseconds }
    : { ...judged(answer, deployedFor, Boolean(context.env.AWS_ENDPOINT_URL)), milliseconds };
};

/** Calls until Lambda has the function ready. */
const callReady = async (
  context: Context,
  functionArn: string,
  found: GetFunctionCommandOutput,
): Promise<Judged & { readonly milliseconds?: number }> => {
  const end = context.now() + READY_TIMEOUT_MILLISECONDS;
  for (;;) {
    try {
      return await call(context, functionArn, found);
    } catch (error) {
      const refused = refusedCode(error);
      if (refused === undefined) throw error;
      if (refused.code !== "not-ready" || context.now() >= end) return refused;
      if (context.console.isTerminal) context.console.replaceLine("Lambda is making the function ready …");
      await context.sleep(PAUSE_MILLISECONDS);
    }
  }
};

/**
 * Asks a runner function what it is. No runner is started and nothing is registered.
 *
 * @throws Error of AWS that says nothing of the function, such as missing credentials
 */
export const checkRunnerFunction = async (
  context: Context,
  functionArn: string,
): Promise<RunnerCheckResult> => {
  const { clients } = context;
  let found: GetFunctionCommandOutput;
  try {
    found = await clients.lambda().send(new GetFunctionCommand({ FunctionName: functionArn }));
  } catch (error) {
    const refused = refusedCode(error);
    if (refused === undefined) throw error;
    return { functionArn, ...refused };
  }
  const deployedFor = found.Configuration?.Architectures?.[0];
  return { functionArn, ...defined({ deployedFor }), ...(await callReady(context, functionArn, found)) };
};
