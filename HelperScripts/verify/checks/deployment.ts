import { type Check, type DoctorFinding, guarded } from "../../doctor/finding";
import { checkMapping } from "../../doctor/mapping";
import { checkParameters } from "../../doctor/parameters";
import { checkPass } from "../../doctor/pass";
import { checkDlq, checkReconciler, checkStacks } from "../../doctor/stacks";
import { checkToken } from "../../doctor/token";
import { checkWebhookApi } from "../../doctor/webhook-api";
import { checkWorkflows } from "../../doctor/workflows";
import { type CheckVerdict, failed, passed } from "../result";
import type { VerifyContext } from "../verify-context";

const CHECKS: readonly (readonly [string, Check])[] = [
  ["stacks", checkStacks],
  ["workflow", checkWorkflows],
  ["parameters", checkParameters],
  ["access token", checkToken],
  ["webhook API", checkWebhookApi],
  ["mapping", checkMapping],
  ["reconciler", checkReconciler],
  ["reconciler", checkPass],
  ["DLQ messages", checkDlq],
];

export const lines = (findings: readonly DoctorFinding[]): string =>
  findings
    .map(({ area, sentence, remedy }) => `${area}: ${sentence}${remedy ? ` → ${remedy}` : ""}`)
    .join("\n");

/** What must be true before a job can run, by the checks of `doctor`. */
export const checkDeployment = async ({ doctor }: VerifyContext): Promise<CheckVerdict> => {
  const found: DoctorFinding[] = [];
  for (const [area, check] of CHECKS) found.push(...(await guarded(area, check)(doctor)));
  const problems = found.filter(({ level }) => level === "problem");
  if (problems.length > 0) return failed(lines(problems));
  const rest = found.filter(({ level }) => level !== "ok");
  return passed(rest.length === 0 ? "Stacks, parameters, token and webhook address are sound" : lines(rest));
};
