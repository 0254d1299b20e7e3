import { BINARY_VARIABLE, installedRunner, runnerPath, scaledRunner } from "./binary";
import { confirming, type Subject } from "./contract/cases";
import { describeDebugLog } from "./contract/debug-log";
import { describeFlags } from "./contract/flags";
import { describeHandOut } from "./contract/hand-out";
import { describeOneJob } from "./contract/one-job";
import { describeSignals } from "./contract/signals";
import { describeWaiting } from "./contract/waiting";
import { describeWhatAJobSees } from "./contract/what-a-job-sees";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

/** What gitlab-runner was measured to do (19.4.0, shell executor, Linux), as cases. */
const describeGitLabRunner = (subject: Subject): void => {
  describeWaiting(subject);
  for (const either of [subject, confirming(subject)]) {
    describeHandOut(either);
    describeOneJob(either);
  }
  describeWhatAJobSees(subject);
  describeSignals(subject);
  describeFlags(subject);
  describeDebugLog(subject);
};

describeGitLabRunner({ name: "gitlab-runner", fast: scaledRunner(0.25), faster: scaledRunner(0.05) });

const installed = installedRunner();
if (installed.path && !process.env[BINARY_VARIABLE]) {
  const binary = { path: installed.path, scale: 1 };
  describeGitLabRunner({ name: installed.path, fast: binary, faster: binary });
} else {
  const reason = installed.path ? `${BINARY_VARIABLE} names another` : installed.reason;
  it.skip(`the installed gitlab-runner: ${reason}`, () => {});
  process.stderr.write(`gitlab-runner contract: ${runnerPath()} only, because ${reason}\n`);
}
