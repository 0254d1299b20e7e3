import { checkCancel } from "./checks/cancel";
import { checkDeployment } from "./checks/deployment";
import { checkJob, checkMicroVmJob } from "./checks/job";
import { checkLimits } from "./checks/limits";
import { checkRunnerFunctions } from "./checks/runner-function";
import { checkSpotNotice } from "./checks/spot-notice";
import { playLostWebhooks } from "./checks/unheard";
import {
  CheckFailed,
  type CheckResult,
  type CheckVerdict,
  failed,
  VERIFY_CHECKS,
  type VerifyCheckName,
} from "./result";
import { Stopped, type VerifyContext } from "./verify-context";

/** Any error of a check is its failure, but for the user's wish to stop. */
const verdictOf = async (work: () => Promise<CheckVerdict>): Promise<CheckVerdict> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stopped) throw error;
    if (error instanceof CheckFailed) return failed(error.message);
    return failed(
      error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : "unknown error",
    );
  }
};

/** Runs the checks that were asked for, and keeps what they found. */
class Run {
  readonly results: CheckResult[] = [];

  constructor(
    private readonly v: VerifyContext,
    private readonly names: readonly VerifyCheckName[],
    private readonly onResult: (result: CheckResult) => void,
  ) {}

  wants(...names: readonly VerifyCheckName[]): boolean {
    return names.some((name) => this.names.includes(name));
  }

  async check(name: VerifyCheckName, work: () => Promise<CheckVerdict>): Promise<void> {
    if (!this.wants(name)) return;
    const from = this.v.context.now();
    const verdict = await verdictOf(work);
    const result = { name, ...verdict, tookSeconds: (this.v.context.now() - from) / 1_000 };
    this.results.push(result);
    this.onResult(result);
  }
}

/** A promise whose failure is looked at later. */
const kept = <Value>(promise: Promise<Value>): Promise<Value> => {
  promise.catch(() => undefined);
  return promise;
};

/** All end before the first failure is thrown, so that nothing goes on after the clean-up. */
const together = async (...works: readonly Promise<void>[]): Promise<void> => {
  const settled = await Promise.allSettled(works);
  for (const one of settled) if (one.status === "rejected") throw one.reason;
};

/** @returns when the webhook is on again, and when both jobs have ended */
const runUnheard = (run: Run, v: VerifyContext): Readonly<Record<"isHeard" | "ended", Promise<void>>> => {
  if (!run.wants("lost-webhook", "redrive")) return { isHeard: Promise.resolve(), ended: Promise.resolve() };
  const played = kept(playLostWebhooks(v));
  return {
    isHeard: played.then(
      () => undefined,
      () => undefined,
    ),
    ended: together(
      run.check("redrive", async () => (await played).redrive),
      run.check("lost-webhook", async () => (await played).lost),
    ),
  };
};

const runMachineJobs = (run: Run, v: VerifyContext): Promise<void> =>
  together(
    run.check("job-microvm", () => checkMicroVmJob(v)),
    run.check("job-ec2", () => checkJob("EC2", "job-ec2")(v)),
    run.check("spot-notice", () => checkSpotNotice(v)),
  );

const runLambdaJobs = (run: Run, v: VerifyContext): Promise<void> =>
  together(
    run.check("job-lambda", () => checkJob("LAMBDA", "job-lambda")(v)),
    run.check("cancel", () => checkCancel(v)),
  );

/** What needs no job. */
export const READING: readonly VerifyCheckName[] = ["deployment", "limits", "runner-function"];

/**
 * Runs the checks: first those that only look, then those with jobs. A runner may be given any job of its tags, so jobs that
 * no webhook tells of run before the others of their tags; those of the other provider run beside them.
 *
 * @param onResult called with each result as it comes
 * @throws Stopped when the user stops it
 */
export const runChecks = async (
  v: VerifyContext,
  names: readonly VerifyCheckName[],
  onResult: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> => {
  const run = new Run(v, names, onResult);
  await run.check("deployment", () => checkDeployment(v));
  await run.check("limits", () => checkLimits(v));
  await run.check("runner-function", () => checkRunnerFunctions(v));
  const { isHeard, ended } = runUnheard(run, v);
  await together(
    ended.then(() => runLambdaJobs(run, v)),
    (v.samples.has("LAMBDA") ? isHeard : ended).then(() => runMachineJobs(run, v)),
  );
  return [...run.results].sort(
    (one, other) => VERIFY_CHECKS.indexOf(one.name) - VERIFY_CHECKS.indexOf(other.name),
  );
};
