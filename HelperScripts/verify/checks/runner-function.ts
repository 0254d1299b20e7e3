import { mappedFunctions } from "../../functions/mapped-functions";
import { checkRunnerFunction, type RunnerCheckResult } from "../../functions/runner-check";
import { RUNNER_CHECK_REMEDIES } from "../../functions/runner-check-codes";
import { deployedRows } from "../../mapping/stored-rows";
import { type CheckVerdict, failed, passed, skipped } from "../result";
import type { VerifyContext } from "../verify-context";

const line = ({ functionArn, code, detail, answer }: RunnerCheckResult): string => {
  const { versions = {}, architecture = "" } = answer ?? {};
  const told = Object.entries(versions).map(([tool, version]) => `${tool} ${version}`);
  const remedy = code === "ok" ? "" : ` → ${RUNNER_CHECK_REMEDIES[code]}`;
  return `${functionArn}: ${[code, detail, architecture, ...told].filter(Boolean).join(", ")}${remedy}`;
};

/** Each mapped function answers with what it is. */
export const checkRunnerFunctions = async (v: VerifyContext): Promise<CheckVerdict> => {
  const { context, deployment, doctor } = v;
  const functions = mappedFunctions(await deployedRows(context, deployment), doctor.settings);
  if (functions.length === 0) return skipped("No function is mapped");
  const results: RunnerCheckResult[] = [];
  for (const { arn } of functions) results.push(await checkRunnerFunction(context, arn));
  const text = results.map(line).join("\n");
  if (!results.every(({ code }) => code === "ok")) return failed(text);
  const slowest = Math.max(...results.map(({ milliseconds = 0 }) => milliseconds));
  return passed(text, { answer: slowest / 1_000 });
};
