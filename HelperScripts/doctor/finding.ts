import type { RoutingSettings } from "../../Core/routing/routing-settings";
import type { Context } from "../context";
import type { Deployment, LookUpEnvironment } from "../deployment";
import type { OperatorGitLab } from "../gitlab/operator-gitlab";

/** What one look found. A remedy goes with all but `ok`. */
export interface DoctorFinding {
  readonly area: string;
  readonly level: "ok" | "warning" | "problem" | "unknown";
  readonly sentence: string;
  readonly remedy?: string;
}

/** What the checks need; parts that could not be had are absent, and a finding says why. */
export interface DoctorContext {
  readonly context: Context;
  readonly autoScaler: Deployment;
  readonly infrastructure?: Deployment;
  readonly environment: LookUpEnvironment;
  readonly settings?: RoutingSettings;
  readonly gitLab?: OperatorGitLab;
  /** Looked at one by one; absent: all that the token is a member of. */
  readonly projects?: readonly number[];
}

export type Check = (doctorContext: DoctorContext) => Promise<readonly DoctorFinding[]>;

export const ok = (area: string, sentence: string): DoctorFinding => ({ area, level: "ok", sentence });
export const problem = (area: string, sentence: string, remedy: string): DoctorFinding => ({
  area,
  level: "problem",
  sentence,
  remedy,
});
export const warning = (area: string, sentence: string, remedy: string): DoctorFinding => ({
  area,
  level: "warning",
  sentence,
  remedy,
});

/** A check that could not look says so; it hides no other. */
export const guarded =
  (area: string, check: Check): Check =>
  async (doctorContext) => {
    try {
      return await check(doctorContext);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
      const sentence = `It could not be looked at (${name}: ${message.split("\n")[0]})`;
      return [
        { area, level: "unknown", sentence, remedy: "Allow it to your AWS user or token, or look by hand" },
      ];
    }
  };
