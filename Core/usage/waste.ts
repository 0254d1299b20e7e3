import type { RunnerEndCode } from "../model/reasons";

/** What a runner without a job was for nothing of. */
export const WASTE_CODES = [
  /** It waited, and no job came. */
  "no-job",
  /** It never came so far that it could have a job. */
  "failed-start",
  /** Its job ran on a runner that was started for another one. */
  "exchange",
  /** Its job was cancelled before a runner had it. */
  "canceled",
] as const;
export type WasteCode = (typeof WASTE_CODES)[number];

const BY_REASON: Readonly<Partial<Record<RunnerEndCode, WasteCode>>> = {
  "job-canceled-before-pick-up": "canceled",
  "no-longer-needed": "exchange",
  "job-reassigned": "exchange",
  "never-contacted": "failed-start",
  "never-started": "failed-start",
  "launch-refused": "failed-start",
  "function-missing": "failed-start",
  "function-image-missing": "failed-start",
  "function-image-unusable": "failed-start",
  "function-key-refused": "failed-start",
  "function-failed": "failed-start",
  "instance-stopped": "failed-start",
  "instance-terminated": "failed-start",
  "spot-interruption": "failed-start",
  "rebalance-recommendation": "failed-start",
};

/** Of a runner that ended without a job, by the reason of its end. */
export const wasteCode = (reason: RunnerEndCode | undefined): WasteCode =>
  (reason && BY_REASON[reason]) ?? "no-job";
