/** The checks of `verify`, in the order of the report. */
export const VERIFY_CHECKS = [
  "deployment",
  "limits",
  "runner-function",
  "job-lambda",
  "job-ec2",
  "job-microvm",
  "cancel",
  "spot-notice",
  "lost-webhook",
  "redrive",
] as const;
export type VerifyCheckName = (typeof VERIFY_CHECKS)[number];

/** Their jobs are played together. */
const TOGETHER: readonly VerifyCheckName[] = ["lost-webhook", "redrive"];

/** The checks that a choice stands for, in the order of the report; none given: all. */
export const chosenChecks = (only: readonly VerifyCheckName[] | undefined): readonly VerifyCheckName[] => {
  if (only === undefined) return VERIFY_CHECKS;
  const extra = TOGETHER.some((name) => only.includes(name)) ? TOGETHER : [];
  return VERIFY_CHECKS.filter((name) => only.includes(name) || extra.includes(name));
};

/** What a check found. */
export interface CheckVerdict {
  /** `skipped`: it cannot be played here, and `detail` says why. */
  readonly result: "passed" | "failed" | "skipped";
  /** A sentence or more, each on a line of its own. */
  readonly detail: string;
  /** Seconds that steps took, by the step's name. */
  readonly seconds?: Readonly<Record<string, number>>;
}

/** A verdict in the report. */
export interface CheckResult extends CheckVerdict {
  readonly name: VerifyCheckName;
  /** From the check's begin to its end. */
  readonly tookSeconds: number;
}

/** A check found that something is not as it must be. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

export const passed = (detail: string, seconds?: CheckVerdict["seconds"]): CheckVerdict => ({
  result: "passed",
  detail,
  ...(seconds ? { seconds } : {}),
});
export const skipped = (detail: string): CheckVerdict => ({ result: "skipped", detail });
export const failed = (detail: string): CheckVerdict => ({ result: "failed", detail });
