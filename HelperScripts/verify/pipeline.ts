import { ConfigurationError } from "../../Core/errors";
import type { Fields } from "../../Core/fields";
import { fieldsOf, listOf, numberOf, textOf } from "../gitlab/json";
import type { GitLabAnswer, OperatorGitLab } from "../gitlab/operator-gitlab";
import { jobName, type SampleJob } from "./sample-jobs";

/** A job of the pipeline. Nothing runs before it is played. */
export interface PlannedJob {
  readonly purpose: string;
  readonly sample: SampleJob;
  readonly script: string;
}

/** What GitLab says of a job. */
export interface SeenJob {
  readonly status: string;
  readonly runnerId?: number;
}

/** JSON is YAML. Nothing is fetched, and a job that nobody ends ends itself. */
export const ciFile = (jobs: readonly PlannedJob[]): string =>
  JSON.stringify(
    Object.fromEntries(
      jobs.map(({ purpose, sample, script }) => [
        jobName(sample, purpose),
        {
          stage: "test",
          when: "manual",
          tags: sample.tags,
          timeout: "15 minutes",
          variables: { GIT_STRATEGY: "none" },
          script: [script],
        },
      ]),
    ),
    undefined,
    2,
  );

const said = ({ status, body }: GitLabAnswer): string => {
  const { message, error } = fieldsOf(body);
  return `${status} ${textOf(message) || textOf(error) || JSON.stringify(message ?? "")}`;
};

const checked = (answer: GitLabAnswer, what: string): GitLabAnswer => {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new ConfigurationError(
    `GitLab does not let this token ${what} (${said(answer)}). It takes a token of scope api with the role Maintainer, in GITLAB_SETUP_TOKEN: it is used once and not stored`,
  );
};

/** A branch of its own with one commit, and the pipeline on it: https://docs.gitlab.com/api/commits/, https://docs.gitlab.com/api/pipelines/ */
export class VerifyPipeline {
  readonly #jobs = new Map<string, number>();
  #isMade = false;

  constructor(
    private readonly gitLab: OperatorGitLab,
    readonly projectId: number,
    readonly branch: string,
  ) {}

  get #path(): string {
    return `/projects/${this.projectId}`;
  }

  /** @throws ConfigurationError where the token may not */
  async makeBranch(jobs: readonly PlannedJob[]): Promise<void> {
    const project = checked(await this.gitLab.get(this.#path), "see the project");
    const start = textOf(fieldsOf(project.body).default_branch);
    if (start === "") throw new ConfigurationError(`Project ${this.projectId} is empty: it takes one commit`);
    const commit = {
      branch: this.branch,
      start_branch: start,
      // The pipeline is asked for, and not left to the push.
      commit_message: "Jobs to verify the runners [skip ci]",
      actions: [await this.#action(start, ciFile(jobs))],
    };
    checked(await this.gitLab.post(`${this.#path}/repository/commits`, commit), "commit to a new branch");
    this.#isMade = true;
  }

  async #action(start: string, content: string): Promise<object> {
    const file = `${this.#path}/repository/files/.gitlab-ci.yml?ref=${encodeURIComponent(start)}`;
    const { status } = await this.gitLab.get(file);
    return { action: status === 200 ? "update" : "create", file_path: ".gitlab-ci.yml", content };
  }

  async start(jobs: readonly PlannedJob[]): Promise<void> {
    const made = checked(
      await this.gitLab.post(`${this.#path}/pipeline`, { ref: this.branch }),
      "make a pipeline",
    );
    const id = numberOf(fieldsOf(made.body).id) ?? 0;
    const list = checked(
      await this.gitLab.get(`${this.#path}/pipelines/${id}/jobs?per_page=100`),
      "list a pipeline's jobs",
    );
    for (const { purpose, sample } of jobs) {
      const job = listOf(list.body).find(({ name }) => name === jobName(sample, purpose));
      this.#jobs.set(purpose, numberOf(job?.id) ?? 0);
    }
  }

  jobId(purpose: string): number {
    return this.#jobs.get(purpose) ?? 0;
  }

  async play(purpose: string): Promise<number> {
    const id = this.jobId(purpose);
    checked(await this.gitLab.post(`${this.#path}/jobs/${id}/play`, {}), "play a job");
    return id;
  }

  async cancel(purpose: string): Promise<void> {
    checked(await this.gitLab.post(`${this.#path}/jobs/${this.jobId(purpose)}/cancel`, {}), "cancel a job");
  }

  async fields(purpose: string): Promise<Fields> {
    return fieldsOf((await this.gitLab.get(`${this.#path}/jobs/${this.jobId(purpose)}`)).body);
  }

  /** What the job wrote, as far as GitLab has it. */
  async log(purpose: string): Promise<string> {
    const { status, text } = await this.gitLab.get(`${this.#path}/jobs/${this.jobId(purpose)}/trace`);
    return status === 200 ? text : "";
  }

  async job(purpose: string): Promise<SeenJob> {
    const job = await this.fields(purpose);
    const runnerId = numberOf(fieldsOf(job.runner).id);
    return { status: textOf(job.status), ...(runnerId === undefined ? {} : { runnerId }) };
  }

  /** Whether GitLab still has a runner's record. */
  async hasRunner(runnerId: number): Promise<boolean> {
    return (await this.gitLab.get(`/runners/${runnerId}`)).status === 200;
  }

  /** Ends what still runs and takes the branch away. The ended pipeline stays in the project's history. */
  async remove(): Promise<void> {
    if (!this.#isMade) return;
    for (const id of this.#jobs.values()) {
      if (id !== 0) await this.gitLab.post(`${this.#path}/jobs/${id}/cancel`, {}).catch(() => undefined);
    }
    const branch = `${this.#path}/repository/branches/${encodeURIComponent(this.branch)}`;
    const { status } = await this.gitLab.delete(branch);
    if (status !== 204 && status !== 404) {
      throw new ConfigurationError(`The branch ${this.branch} of project ${this.projectId} is still there`);
    }
  }
}
