import { checkAccount } from "../../doctor/account/account";
import { guarded } from "../../doctor/finding";
import { type CheckVerdict, failed, passed, skipped } from "../result";
import type { VerifyContext } from "../verify-context";
import { lines } from "./deployment";

/** What the account allows, by the checks of `doctor`. A limit that only slows is no failure. */
export const checkLimits = async ({ doctor }: VerifyContext): Promise<CheckVerdict> => {
  const found = await guarded("account", checkAccount)(doctor);
  const problems = found.filter(({ level }) => level === "problem");
  if (problems.length > 0) return failed(lines(problems));
  const isKnown = found.some(({ level }) => level !== "unknown");
  return isKnown ? passed(lines(found)) : skipped(lines(found));
};
