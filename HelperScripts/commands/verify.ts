import { join } from "node:path";
import { safe } from "../../Core/safe-text";
import { agreed, type CommonOptions, type Context, type ExitCode, show } from "../context";
import { cleanUp } from "../verify/clean-up";
import { jobsToPlay } from "../verify/jobs-to-play";
import type { PlannedJob } from "../verify/pipeline";
import { planText } from "../verify/plan-text";
import { type Prepared, prepare } from "../verify/prepare";
import { reportMarkdown, type VerifyReport, verifyReport } from "../verify/report";
import { type CheckResult, chosenChecks, type VerifyCheckName } from "../verify/result";
import { runChecks } from "../verify/run-checks";
import { Stopped, type VerifyContext } from "../verify/verify-context";
import { patientOf } from "./doctor";

export interface VerifyOptions extends CommonOptions {
  readonly project?: number;
  readonly yes?: boolean;
  readonly out: string;
  readonly only?: readonly VerifyCheckName[];
}

const SIGNS = { passed: "✓", failed: "✗", skipped: "–" } as const;

const tell = (context: Context, { name, result, detail, tookSeconds }: CheckResult): void => {
  const { green, red, yellow } = context.console.colours;
  const paint = { passed: green, failed: red, skipped: yellow }[result];
  const text = detail.split("\n").map(safe).join("\n    ");
  context.console.err(`${paint(SIGNS[result])} ${name} (${Math.round(tookSeconds)} s)\n    ${text}`);
};

/** Runs the checks between making and taking away. */
const run = async (
  v: VerifyContext,
  names: readonly VerifyCheckName[],
  jobs: readonly PlannedJob[],
): Promise<readonly CheckResult[]> => {
  try {
    if (jobs.length > 0) {
      await v.pipeline.makeBranch(jobs);
      await v.pipeline.start(jobs);
    }
    return await runChecks(v, names, (result) => tell(v.context, result));
  } finally {
    if (jobs.length > 0) await cleanUp(v);
  }
};

/** @returns where the report is, without its ending */
const writeReport = (context: Context, out: string, report: VerifyReport): string => {
  const path = join(out, `verify-${report.startedAt.replace(/[-:]|\.\d+/g, "")}`);
  context.writeFile(`${path}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  context.writeFile(`${path}.md`, reportMarkdown(report));
  return path;
};

const reported = (
  context: Context,
  options: VerifyOptions,
  { v, gitLabVersion, hidden }: Prepared,
  results: readonly CheckResult[],
  startedAt: number,
): ExitCode => {
  const facts = {
    startedAt,
    endedAt: context.now(),
    region: v.deployment.home.region,
    emulator: Boolean(context.env.AWS_ENDPOINT_URL),
    gitLabVersion,
    hidden,
  };
  const report = verifyReport(facts, results);
  const path = writeReport(context, options.out, report);
  const named = results.filter(({ result }) => result === "failed").map(({ name }) => name);
  const verdict = named.length === 0 ? `Result: ${report.result}.` : `Failed: ${named.join(", ")}.`;
  show(context, options, report, `${verdict} The report, without secrets: ${path}.md and .json`);
  return report.result === "passed" ? 0 : 1;
};

/** `verify`: plays what users will do against the deployment, and writes a report. Exit code 1 when a check failed. */
export const verify = async (context: Context, options: VerifyOptions): Promise<ExitCode> => {
  let isStopped = false;
  const prepared = await prepare(
    await patientOf(context, { stackName: options.stackName }),
    options.project,
    () => isStopped,
  );
  const { v } = prepared;
  const names = chosenChecks(options.only);
  const jobs = jobsToPlay(names, v.samples);
  context.console.err(planText(v, jobs, names));
  if (!(await agreed(context, options.yes, "Make and run that?"))) return 1;
  const startedAt = context.now();
  const forget = context.onInterrupt(() => {
    isStopped = true;
    context.console.err("Stopping: what was made is taken away …");
  });
  try {
    const results = await run(v, names, jobs);
    return reported(context, options, prepared, results, startedAt);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    context.console.err("Stopped, and taken away what was made. There is no report.");
    return 1;
  } finally {
    forget();
  }
};
