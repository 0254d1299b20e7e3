import { parseRunnerDescription } from "../../Core/configuration";
import { defined } from "../../Core/defined";
import type { Fields } from "../../Core/fields";
import type { Provider } from "../../Core/model/runner-class";
import { safe } from "../../Core/safe-text";
import { duration } from "../console/words";
import type { Context } from "../context";
import { fieldsOf, textOf } from "../gitlab/json";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { projectsOfGroup, type ServedOwner } from "../gitlab/served-owners";
import { type PlannedJob, VerifyPipeline } from "../verify/pipeline";
import { PROVIDER_TAGS } from "./after-text";
import type { DeployOrder } from "./questions";

/** What became of the test job. */
export interface TestJobResult {
  readonly jobId: number;
  /** GitLab's, or `foreign-runner`: it succeeded on a runner that is not ours. */
  readonly status: string;
  /** From pending to running. */
  readonly waitedSeconds?: number;
  readonly ranSeconds?: number;
}

const PURPOSE = "first job";
/** By its tag it is ours: others' runners, such as those of gitlab.com, take jobs without tags too. */
const jobOn = (provider: Provider): PlannedJob => ({
  purpose: PURPOSE,
  sample: { provider, name: "gitlab-runners", tags: [PROVIDER_TAGS[provider]] },
  script: 'echo "Hello from $(uname -m), job $CI_JOB_ID of $CI_PROJECT_PATH"',
});

const ENDED = ["success", "failed", "canceled", "skipped"];
/** An instance boots in 45 s, and may need a second market and what is missing on its image. */
const TIMEOUT_MILLISECONDS = 600_000;
const LOOK_EVERY_MILLISECONDS = 1_000;
const LOG_LINES = 12;

/** The project that the job runs in: the first that is served. */
export const testProject = async ({
  context,
  account,
  owners,
}: DeployOrder): Promise<ServedOwner | undefined> => {
  const [first] = owners;
  if (first === undefined || first.kind === "project") return first;
  const gitLab = operatorGitLab(context.fetch, account.url, account.setupToken ?? account.accessToken);
  return (await projectsOfGroup(gitLab, first.id))[0];
};

/** Control sequences and GitLab's section marks are no text. */
const readable = (log: string): readonly string[] =>
  log
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/\u001b\[[0-9;]*[A-Za-z]|section_(start|end):\d+:[\w.-]+(\[[^\]]*\])?\r?/g, "")
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "");

const tellWaiting = ({ console, now }: Context, status: string, since: number): void => {
  if (console.isTerminal)
    console.replaceLine(`  The test job is ${safe(status)} (${duration(now() - since)})`);
};

const secondsOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Somebody else's runner may have the tag as well. */
const isOurRunner = ({ runner }: Fields, deploymentId: string): boolean =>
  parseRunnerDescription(deploymentId, textOf(fieldsOf(runner).description)) !== undefined;

/** As GitLab counts them: https://docs.gitlab.com/api/jobs/ */
const timesOf = ({ queued_duration, duration: ran }: Fields): Partial<TestJobResult> =>
  defined({ waitedSeconds: secondsOf(queued_duration), ranSeconds: secondsOf(ran) });

/**
 * Runs one job on a branch of its own, and shows the end of its log and its times. Branch and pipeline's job are taken
 * away again.
 *
 * @throws ConfigurationError where the token may not
 */
export const runTestJob = async (
  { context, account, names }: DeployOrder,
  project: ServedOwner,
  provider: Provider,
): Promise<TestJobResult> => {
  const { console, now, sleep, random } = context;
  const gitLab = operatorGitLab(context.fetch, account.url, account.setupToken ?? account.accessToken);
  const branch = `gitlab-runners-first-job-${random().slice(0, 8)}`;
  const pipeline = new VerifyPipeline(gitLab, project.id, branch);
  try {
    const job = jobOn(provider);
    await pipeline.makeBranch([job]);
    await pipeline.start([job]);
    const jobId = await pipeline.play(PURPOSE);
    const since = now();
    let status = "pending";
    while (!ENDED.includes(status) && now() - since < TIMEOUT_MILLISECONDS) {
      await sleep(LOOK_EVERY_MILLISECONDS);
      status = textOf((await pipeline.fields(PURPOSE)).status);
      tellWaiting(context, status, since);
    }
    if (console.isTerminal) console.replaceLine("");
    const lines = readable(await pipeline.log(PURPOSE)).slice(-LOG_LINES);
    for (const line of lines) console.err(`    ${safe(line)}`);
    const seen = await pipeline.fields(PURPOSE);
    const isOurs = isOurRunner(seen, names.infrastructure);
    return { jobId, status: status === "success" && !isOurs ? "foreign-runner" : status, ...timesOf(seen) };
  } finally {
    await pipeline.remove();
  }
};

/** The result in a sentence, with the remedy where it did not succeed. */
export const testJobText = ({ jobId, status, waitedSeconds, ranSeconds }: TestJobResult): string => {
  const seconds = (value: number | undefined): string =>
    value === undefined ? "unknown time" : duration(value * 1_000);
  if (status === "success")
    return `Job ${jobId} succeeded: it waited ${seconds(waitedSeconds)} for its runner and ran ${seconds(ranSeconds)}.`;
  if (status === "foreign-runner")
    return `Job ${jobId} succeeded, but on a runner that is not ours: which one has its tag, Settings > CI/CD > Runners of the project shows.`;
  return `Job ${jobId} did not succeed: it is ${status}. What became of it: npx runners why ${jobId}`;
};
