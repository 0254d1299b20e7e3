import type { GitLab, GitRef, NewRunner } from "../../../AutoScaler/src/ports";
import { ConfigurationError, ThrottledError, TransientError } from "../../../Core/errors";
import type { Calls, ErrorOf, Process } from "./calls";
import type { GitLabEffects } from "./gitlab-api";

const ASKED_SECONDS = 30;

/** GitLab's 429 carries a Retry-After. */
const errorOf: ErrorOf = (fault, name) =>
  fault === "throttled"
    ? new ThrottledError(`${name}: 429`, ASKED_SECONDS)
    : new TransientError(`${name}: ${fault}`);

/** GitLab's API for one process. */
export class GitLabPort implements GitLab {
  readonly url = "https://gitlab.example.com";

  constructor(
    readonly process: Process,
    readonly calls: Calls,
    readonly effects: GitLabEffects,
    readonly mode: "verified" | "payload",
  ) {}

  #make<Answer>(name: string, effect: () => Answer): Promise<Answer> {
    if (this.mode === "payload" && name !== "gitLab.createRunner") {
      return Promise.reject(new ConfigurationError(`AccessToken is not configured: ${name} needs it`));
    }
    return this.calls.make(this.process, name, effect, errorOf);
  }

  job(projectId: number, jobId: number) {
    return this.#make("gitLab.job", () => this.effects.job(projectId, jobId));
  }

  isProtected(projectId: number, ref: GitRef) {
    return this.#make("gitLab.isProtected", () => this.effects.isProtected(projectId, ref));
  }

  createRunner(runner: NewRunner) {
    return this.#make("gitLab.createRunner", () => this.effects.createRunner(runner));
  }

  runner(runnerId: number) {
    return this.#make("gitLab.runner", () => this.effects.runner(runnerId));
  }

  pauseRunner(runnerId: number) {
    return this.#make("gitLab.pauseRunner", () => this.effects.pauseRunner(runnerId));
  }

  runnerJobs(runnerId: number) {
    return this.#make("gitLab.runnerJobs", () => this.effects.runnerJobs(runnerId));
  }

  deleteRunner(runnerId: number) {
    return this.#make("gitLab.deleteRunner", () => this.effects.deleteRunner(runnerId));
  }

  runners(cursor?: string) {
    return this.#make("gitLab.runners", () => this.effects.runners(cursor));
  }

  jobs(projectId: number, scope: readonly string[], cursor?: string) {
    return this.#make("gitLab.jobs", () => this.effects.jobs(projectId, scope, cursor));
  }

  projects(cursor?: string) {
    return this.#make("gitLab.projects", () => this.effects.projects(cursor));
  }

  /** Kept by the process from earlier calls. */
  async project(projectId: number) {
    return this.effects.project(projectId);
  }
}
