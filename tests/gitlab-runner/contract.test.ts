import { realGitLabRunner, scaledStandIn } from "./binary";
import { describeGitLabRunner } from "./contract";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

describeGitLabRunner(
  "the stand-in",
  { path: scaledStandIn(0.25), scale: 0.25 },
  { path: scaledStandIn(0.05), scale: 0.05 },
);

const real = realGitLabRunner();
if (real.path) {
  const binary = { path: real.path, scale: 1 };
  describeGitLabRunner("the real gitlab-runner", binary, binary);
} else {
  it.skip(`the real gitlab-runner: ${real.reason}`, () => {});
  process.stderr.write(`gitlab-runner contract: the stand-in only, because there is ${real.reason}\n`);
}
