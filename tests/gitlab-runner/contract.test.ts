import { describeWith } from "../needs";
import { BINARY_VARIABLE, installedRunner, scaledRunner } from "./binary";
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

const { path } = installedRunner();
const isTested = path !== undefined && !process.env[BINARY_VARIABLE];
describeWith(isTested, "no gitlab-runner on PATH or in GITLAB_RUNNER, or RUNNER_UNDER_TEST names another")(
  "the installed gitlab-runner",
  () => {
    const binary = { path: path ?? "", scale: 1 };
    describeGitLabRunner({ name: binary.path, fast: binary, faster: binary });
  },
);
