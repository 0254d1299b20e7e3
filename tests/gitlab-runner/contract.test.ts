import { realGitLabRunner, scaledStandIn } from "./binary";
import type { Subject } from "./contract/cases";
import { describeFlags } from "./contract/flags";
import { describeOneJob } from "./contract/one-job";
import { describeSignals } from "./contract/signals";
import { describeWaiting } from "./contract/waiting";
import { describeWhatAJobSees } from "./contract/what-a-job-sees";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

/** What gitlab-runner was measured to do (19.4.0, shell executor, Linux), as cases. */
const describeGitLabRunner = (subject: Subject): void => {
  describeWaiting(subject);
  describeOneJob(subject);
  describeWhatAJobSees(subject);
  describeSignals(subject);
  describeFlags(subject);
};

describeGitLabRunner({
  name: "the stand-in",
  fast: { path: scaledStandIn(0.25), scale: 0.25 },
  faster: { path: scaledStandIn(0.05), scale: 0.05 },
});

const real = realGitLabRunner();
if (real.path) {
  const binary = { path: real.path, scale: 1 };
  describeGitLabRunner({ name: "the real gitlab-runner", fast: binary, faster: binary });
} else {
  it.skip(`the real gitlab-runner: ${real.reason}`, () => {});
  process.stderr.write(`gitlab-runner contract: the stand-in only, because there is ${real.reason}\n`);
}
