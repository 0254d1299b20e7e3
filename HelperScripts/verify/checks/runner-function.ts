import { mappedFunctions } from "../../functions/mapped-functions";
import { checkRunnerFunction, type RunnerCheckResult } from "../../functions/runner-check";
import { RUNNER_CHECK_REMEDIES } from "../../functions/runner-check-codes";
import { deployedRows } from "../../mapping/stored-rows";
import { failed, passed, skipped, type Verdict } from "../result";
import type { VerifyContext } from "../verify-context";

/**
 * A laptop need not have the AWS CLI; the image has it.
 */
const isSound = ({ code, detail }: RunnerCheckResult, isEmulator: boolean): boolean =>
  code === "ok" || (isEmulator && code === "tool-missing" && detail === "aws");

const line = ({ functionArn, code, detail, answer }: RunnerCheckResult): string => {
  const { versions = {}, architecture = "" } = answer ?? {};
  const told = Object.entries(versions).map(([tool, version]) => `${tool} ${version}`);
  const remedy = code === "ok" ? "" : ` → ${RUNNER_CHECK_REMEDIES[code]}`;
  return `${functionArn}: ${[code, detail, architecture, ...told].filter(Boolean).join(", ")}${remedy}`;
};

/** Each mapped function answers with what it is. */
export const checkRunnerFunctions = async (v: VerifyContext): Promise<Verdict> => {
  const { context, deployment, doctor } = v;
  const functions = mappedFunctions(await deployedRows(context, deployment), doctor.settings);
  if (functions.length === 0) return skipped("No function is mapped");
  const results: RunnerCheckResult[] = [];
  for (const { arn } of functions) results.push(await checkRunnerFunction(context, arn));
  const isEmulator = Boolean(context.env.AWS_ENDPOINT_URL);
  const text = results.map(line).join("\n");
  if (!results.every((result) => isSound(result, isEmulator))) return failed(text);
  const slowest = Math.max(...results.map(({ milliseconds = 0 }) => milliseconds));
  return passed(text, { answer: slowest / 1_000 });
};
