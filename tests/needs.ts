/** All that a machine may lack, for which tests are skipped. */
export const LACKS = [
  "no Chromium (set CHROMIUM, or install chromium)",
  "no /proc",
  "no Python environment",
  "no .local/clients-venv, which npm test makes where PyPI answers",
  "no .local/moto-venv, which npm test makes where PyPI answers",
  "no .local/venv with boto3",
  "no .local/venv with MiniStack",
  "no .local/venv with SAM's translator",
  "no .local/venv with cfn-lint",
  "no fish",
  "no git history",
  "no gitlab-runner on PATH or in GITLAB_RUNNER, or RUNNER_UNDER_TEST names another",
  "no gpg",
  "no right to make namespaces",
  "no right to mount a file system",
  "no right to prepare a machine",
  "no right to start processes of another user",
  "no root, who alone may become another user",
  "no shellcheck",
  "no way to shorten a real gitlab-runner's waits of minutes",
  "no zip or no unzip",
  "no zsh",
] as const;
export type Lack = (typeof LACKS)[number];

const say = (lacking: Lack): void => {
  process.stderr.write(`skipped, because there is ${lacking}: ${expect.getState().testPath}\n`);
};

/** `describe` where this machine has what the tests need, otherwise a skip that prints the reason. */
export const describeWith = (has: boolean, lacking: Lack): jest.Describe => {
  if (has) return describe;
  say(lacking);
  return describe.skip as unknown as jest.Describe;
};

/** `it` where this machine has what the test needs, otherwise a skip that prints the reason. */
export const itWith = (has: boolean, lacking: Lack): jest.It => {
  if (has) return it;
  say(lacking);
  return it.skip as unknown as jest.It;
};

/** As `itWith`, beside others at the same time. */
export const concurrentWith = (has: boolean, lacking: Lack): jest.It["concurrent"] => {
  if (has) return it.concurrent;
  say(lacking);
  return it.skip as unknown as jest.It["concurrent"];
};
