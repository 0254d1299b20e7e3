import { runnerDescription } from "../../Core/configuration";
import { defined } from "../../Core/defined";
import type { OrderedAttempt, StartedRunner } from "../../Core/model/ledger";
import type { RunnerClass } from "../../Core/model/runner-class";
import type { RunnerCheckAnswer } from "../../Core/runner-check";
import type { HttpFetch } from "../gitlab/operator-gitlab";
import { DeploymentDouble, functionArn, INFRASTRUCTURE } from "./deployment-double";
import { GITLAB, OperatorGitLabDouble, SECRET, TOKEN } from "./gitlab-double";
import { attempt, DOCKER_CLASS, LAMBDA_CLASS, MICROVM_CLASS, runner } from "./items";

type Json = Record<string, unknown>;

/** A job of the pipeline, and what becomes of it in virtual time. */
interface PlayedJob {
  readonly id: number;
  readonly name: string;
  readonly purpose: string;
  readonly script: string;
  readonly runnerClass: RunnerClass;
  playedAt?: number;
  /** Its event reached the rules: by webhook or redrive. */
  heardAt?: number;
  canceledAt?: number;
  noticedAt?: number;
}

/** Faults that can be put in; each makes one check fail. */
export interface PlayFaults {
  /** Purposes of jobs that no runner ever takes. */
  readonly neverStarts?: readonly string[];
  /** Purposes of jobs that end failed. */
  readonly fails?: readonly string[];
  /** Purposes of jobs that a runner of somebody else takes. */
  readonly takenByOthers?: readonly string[];
  /** Purposes of jobs whose runner never goes. */
  readonly runnerStays?: readonly string[];
  readonly reconcilerSleeps?: boolean;
  readonly ignoresCancel?: boolean;
  /** A notice ends the job that runs. */
  readonly obeysNotice?: boolean;
  readonly busRefusesRedrives?: boolean;
  readonly tokenMayNotCommit?: boolean;
  /** Jobs of MicroVMs get an instance. */
  readonly fallsBack?: boolean;
  /** MicroVMs outlive their runners. */
  readonly vmStays?: boolean;
  /** The image is older than the question. */
  readonly oldImage?: boolean;
}

const SECOND = 1_000;
const START = 8 * SECOND;
const RECONCILER = 70 * SECOND;
const GONE = 5 * SECOND;
const CANCEL = 3 * SECOND;

const VM_IMAGE = JSON.stringify({
  imageArn: "arn:aws:lambda:us-east-1:111122223333:microvm-image:gitlab-runners-2048-1",
  imageVersion: "1.0",
});

const ANSWER: RunnerCheckAnswer = {
  kind: "check",
  architecture: "arm64",
  node: "24.1.0",
  versions: { "gitlab-runner": "19.4.0", aws: "2.36.9", git: "2.40.1" },
  bootstrapTable: "answers",
};

const INSTANCE_CLASS: RunnerClass = { ...DOCKER_CLASS, name: "default" };
/** By the tags of the rows. */
const CLASSES: Readonly<Record<string, RunnerClass>> = { docker: INSTANCE_CLASS, vm: MICROVM_CLASS };

const purposeOf = (name: string): string => /: \[(.+)\]$/.exec(name)?.[1] ?? "";

/**
 * A deployment that runs jobs, in memory and in virtual time: GitLab's pipelines, the webhook, the reconciler and the
 * runners as `verify` can see them. What it does wrong is said by `faults`.
 */
export class PlayedDeployment {
  readonly on = new DeploymentDouble();
  readonly gitLab = new OperatorGitLabDouble();
  readonly branches = new Map<string, string>();
  readonly jobs: PlayedJob[] = [];
  readonly queue = new Map<string, string>();
  /** Requests that change something in GitLab. */
  readonly made: { readonly method: string; readonly path: string; readonly token: unknown }[] = [];
  faults: PlayFaults = {};
  /** Called before each call to AWS. */
  before: () => void = () => undefined;
  #nextId = 5_000_000_000;

  constructor() {
    const { on, gitLab } = this;
    on.setParameter("Url", GITLAB, "String");
    on.setParameter("AccessToken", TOKEN);
    on.setParameter("WebhookSecret", SECRET);
    on.mapping.put({ pk: "job#unit tests", sk: "tags#a", type: "LAMBDA", arn: functionArn("runner") });
    on.mapping.put({ pk: "job#image build", sk: "tags#docker", type: "EC2" });
    on.mapping.put({ pk: "job#in a VM", sk: "tags#vm", type: "MICROVM" });
    on.setParameter("microvm/2048", VM_IMAGE, "String");
    Object.assign(gitLab.projects[0] ?? {}, { default_branch: "main" });
    gitLab.version = "19.4.0";
    on.fetch = this.fetch;
    on.before = () => {
      this.before();
      this.#writeLedger();
    };
    this.#answerAws();
  }

  #answerAws(): void {
    const { answers } = this.on;
    const Tags = { "glr:role": "runner", "glr:stack": INFRASTRUCTURE };
    const Configuration = { State: "Active", Timeout: 900, Architectures: ["arm64"] };
    answers.set("GetFunctionCommand", () => ({ Configuration, Tags }));
    answers.set("InvokeCommand", () => ({
      Payload: new TextEncoder().encode(JSON.stringify(this.faults.oldImage ? { kind: "no-row" } : ANSWER)),
    }));
    answers.set("GetServiceQuotaCommand", () => ({ Quota: { Value: 5_000 } }));
    answers.set("GetAccountSettingsCommand", () => ({
      AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 },
    }));
    answers.set("GetRoleCommand", ({ RoleName }: { RoleName: string }) => ({ Role: { RoleName } }));
    answers.set("DescribeInstancesCommand", (input: { Filters: { Values: string[] }[] }) => ({
      Reservations: [{ Instances: this.#instances(input.Filters[0]?.Values ?? []) }],
    }));
    answers.set("GetMicrovmCommand", ({ microvmIdentifier }: { microvmIdentifier: string }) => ({
      state: this.#vmState(microvmIdentifier),
    }));
    answers.set("PutEventsCommand", ({ Entries }: { Entries: { DetailType: string; Detail: string }[] }) =>
      this.#putEvent(Entries[0]),
    );
    this.#answerQueue();
  }

  #answerQueue(): void {
    const { answers } = this.on;
    const { queue } = this;
    answers.set("GetQueueAttributesCommand", () => ({
      Attributes: { ApproximateNumberOfMessages: String(queue.size) },
    }));
    answers.set("SendMessageCommand", ({ MessageBody }: { MessageBody: string }) => {
      queue.set(`receipt-${queue.size}`, MessageBody);
      return {};
    });
    answers.set("ReceiveMessageCommand", () => ({
      Messages: [...queue].map(([ReceiptHandle, Body]) => ({ ReceiptHandle, Body })),
    }));
    answers.set("DeleteMessageCommand", ({ ReceiptHandle }: { ReceiptHandle: string }) => {
      queue.delete(ReceiptHandle);
      return {};
    });
    answers.set("ChangeMessageVisibilityCommand", () => ({}));
  }

  #instances(ids: readonly string[]): readonly object[] {
    return this.jobs
      .filter(({ id }) => ids.includes(this.#instanceId(id)))
      .map((job) => ({ State: { Name: this.#isGone(job) ? "terminated" : "running" } }));
  }

  #vmState(id: string): string {
    const job = this.jobs.find((one) => this.#resourceId(one) === id);
    return job !== undefined && this.#isGone(job) && !this.faults.vmStays ? "TERMINATED" : "RUNNING";
  }

  #classOf({ runnerClass }: PlayedJob): RunnerClass {
    return runnerClass.type === "MICROVM" && this.faults.fallsBack ? INSTANCE_CLASS : runnerClass;
  }

  #resourceId(job: PlayedJob): string | undefined {
    const { type } = this.#classOf(job);
    if (type === "MICROVM") return `microvm-${job.id}`;
    return type === "EC2" ? this.#instanceId(job.id) : undefined;
  }

  #instanceId = (jobId: number): string => `i-${jobId.toString(16).padStart(17, "0")}`;

  #putEvent(entry: { readonly DetailType: string; readonly Detail: string } | undefined): object {
    const detail = JSON.parse(entry?.Detail ?? "{}") as Json;
    if (entry?.DetailType === "RunnerEnded") {
      const job = this.jobs.find(({ id }) => this.#instanceId(id) === detail.resourceId);
      if (job !== undefined) job.noticedAt = this.on.now;
      return { FailedEntryCount: 0 };
    }
    if (this.faults.busRefusesRedrives) {
      return { FailedEntryCount: 1, Entries: [{ ErrorCode: "NotAuthorized" }] };
    }
    const job = this.jobs.find(({ id }) => id === detail.build_id);
    if (job !== undefined) job.heardAt ??= this.on.now;
    return { FailedEntryCount: 0 };
  }

  // ---------------------------------------------------------------------------------------------- jobs

  #startsAt({ purpose, playedAt, heardAt }: PlayedJob): number | undefined {
    if (playedAt === undefined || this.faults.neverStarts?.includes(purpose)) return undefined;
    if (heardAt !== undefined) return heardAt + START;
    return this.faults.reconcilerSleeps ? undefined : playedAt + RECONCILER;
  }

  #endsAt(job: PlayedJob): number | undefined {
    const startsAt = this.#startsAt(job);
    if (startsAt === undefined || startsAt > this.on.now) return undefined;
    if (job.canceledAt !== undefined && !this.faults.ignoresCancel) return job.canceledAt + CANCEL;
    if (job.noticedAt !== undefined && this.faults.obeysNotice) return job.noticedAt;
    return startsAt + Number(/sleep (\d+)/.exec(job.script)?.[1] ?? 2) * SECOND;
  }

  #isGone(job: PlayedJob): boolean {
    const endsAt = this.#endsAt(job);
    if (this.faults.runnerStays?.includes(job.purpose)) return false;
    return endsAt !== undefined && endsAt + GONE <= this.on.now;
  }

  #status(job: PlayedJob): string {
    const { now } = this.on;
    if (job.playedAt === undefined) return "manual";
    if ((this.#startsAt(job) ?? Number.POSITIVE_INFINITY) > now)
      return job.canceledAt === undefined ? "pending" : "canceled";
    if ((this.#endsAt(job) ?? Number.POSITIVE_INFINITY) > now) return "running";
    if (job.canceledAt !== undefined && !this.faults.ignoresCancel) return "canceled";
    const isFailed =
      this.faults.fails?.includes(job.purpose) || (job.noticedAt !== undefined && this.faults.obeysNotice);
    return isFailed ? "failed" : "success";
  }

  #runnerId({ id, purpose }: PlayedJob): number {
    return this.faults.takenByOthers?.includes(purpose) ? 1 : id + 1_000;
  }

  #json(job: PlayedJob): Json {
    const status = this.#status(job);
    const hasRunner = ["running", "success", "failed"].includes(status) || this.#endsAt(job) !== undefined;
    const [startsAt, endsAt] = [this.#startsAt(job), this.#endsAt(job)];
    const times =
      startsAt === undefined || endsAt === undefined || endsAt > this.on.now
        ? {}
        : {
            queued_duration: (startsAt - (job.playedAt ?? startsAt)) / SECOND,
            duration: (endsAt - startsAt) / SECOND,
          };
    const seen = { id: job.id, name: job.name, status, ...times };
    const isOurs = !this.faults.takenByOthers?.includes(job.purpose);
    const description = isOurs ? runnerDescription(INFRASTRUCTURE, job.id, 1) : "somebody's";
    return { ...seen, runner: hasRunner ? { id: this.#runnerId(job), description } : null };
  }

  /** The ledger as the application would have it by now. */
  #writeLedger(): void {
    for (const job of this.jobs) {
      const startsAt = this.#startsAt(job);
      if (startsAt === undefined || startsAt > this.on.now) continue;
      const runnerClass = this.#classOf(job);
      const resource = defined({ resourceId: this.#resourceId(job) });
      const isGone = this.#isGone(job);
      const one: OrderedAttempt = attempt(job.id, { state: isGone ? "ENDED" : "RUNNING" }, runnerClass);
      const its: StartedRunner = runner(
        job.id,
        { state: isGone ? "GONE" : "BUSY", ...resource, ...(isGone ? { recordDeletedAt: this.on.now } : {}) },
        runnerClass,
      );
      this.on.putLedger(one);
      this.on.putLedger(its);
    }
    this.on.ledger.put({
      pk: "state#reconciler",
      sk: "stateRecord",
      version: 1,
      value: { projects: {}, projectsReadAt: this.on.now, doneAt: this.on.now },
    });
  }

  // --------------------------------------------------------------------------------------------- GitLab

  get #isWebhookOn(): boolean {
    return this.gitLab.webhooks.some(({ job_events }) => job_events === true);
  }

  #commit({ branch, actions }: Json): readonly [number, Json] {
    if (this.faults.tokenMayNotCommit) return [403, { message: "403 Forbidden" }];
    const [action] = actions as { content: string }[];
    this.branches.set(String(branch), action?.content ?? "");
    return [201, {}];
  }

  #makePipeline({ ref }: Json): readonly [number, Json] {
    const file = JSON.parse(this.branches.get(String(ref)) ?? "{}") as Record<
      string,
      { script: string[]; tags: string[] }
    >;
    for (const [name, { script, tags }] of Object.entries(file)) {
      this.#nextId += 1;
      this.jobs.push({
        id: this.#nextId,
        name,
        purpose: purposeOf(name),
        script: script.join("; "),
        runnerClass: CLASSES[tags[0] ?? ""] ?? LAMBDA_CLASS,
      });
    }
    return [201, { id: 77 }];
  }

  #makeWebhook(body: Json): Json {
    const seen = { token_present: Boolean(body.token), signing_token_present: Boolean(body.signing_token) };
    const made = { id: 77, project_id: 42, alert_status: "executable", ...body, ...seen };
    this.gitLab.webhooks.push(made);
    return made;
  }

  #change(job: PlayedJob, what: string): readonly [number, Json] {
    if (what === "play") {
      job.playedAt = this.on.now;
      if (this.#isWebhookOn) job.heardAt = this.on.now;
    }
    if (what === "cancel" && !["success", "failed"].includes(this.#status(job)))
      job.canceledAt ??= this.on.now;
    return [what === "play" ? 200 : 201, this.#json(job)];
  }

  #ofJob(method: string, path: string): readonly [number, unknown] | undefined {
    const [, id, what] = /^\/projects\/42\/jobs\/(\d+)(?:\/(play|cancel|trace))?$/.exec(path) ?? [];
    const job = this.jobs.find((one) => one.id === Number(id));
    if (job === undefined) return undefined;
    if (what === "trace") return [200, `\u001b[0;mRunning\u001b[0m\r\n${job.script}\n`];
    return method === "POST" && what !== undefined ? this.#change(job, what) : [200, this.#json(job)];
  }

  #answer(method: string, path: string, body: Json): readonly [number, unknown] | undefined {
    if (path === "/projects/42/repository/commits") return this.#commit(body);
    if (path === "/projects/42/pipeline") return this.#makePipeline(body);
    if (path.startsWith("/projects/42/pipelines/77/jobs"))
      return [200, this.jobs.map((job) => this.#json(job))];
    const branch = /^\/projects\/42\/repository\/branches\/(.+)$/.exec(path)?.[1];
    if (branch !== undefined && method === "DELETE")
      return [this.branches.delete(branch) ? 204 : 404, undefined];
    if (path === "/projects/42/hooks" && method === "POST" && this.gitLab.webhookStatus === 200)
      return [201, this.#makeWebhook(body)];
    const webhookId = /^\/projects\/42\/hooks\/(\d+)$/.exec(path)?.[1];
    if (webhookId !== undefined && method === "PUT") {
      Object.assign(this.gitLab.webhooks.find(({ id }) => id === Number(webhookId)) ?? {}, body);
      return [200, { signing_token_present: Boolean(body.signing_token) }];
    }
    if (webhookId !== undefined && method === "DELETE") {
      this.gitLab.webhooks = this.gitLab.webhooks.filter(({ id }) => id !== Number(webhookId));
      return [204, undefined];
    }
    const runnerId = Number(/^\/runners\/(\d+)$/.exec(path)?.[1] ?? Number.NaN);
    const owner = this.jobs.find((job) => this.#runnerId(job) === runnerId);
    if (owner !== undefined) return [this.#isGone(owner) ? 404 : 200, {}];
    return this.#ofJob(method, path);
  }

  /** Names of the jobs that go on, and that nobody cancelled. */
  underWay(): readonly string[] {
    return this.jobs
      .filter((job) => job.canceledAt === undefined && ["pending", "running"].includes(this.#status(job)))
      .map(({ name }) => name);
  }

  readonly fetch: HttpFetch = async (url, init) => {
    this.#writeLedger();
    const prefix = `${GITLAB}/api/v4`;
    const path = url.startsWith(prefix) ? url.slice(prefix.length) : "";
    const own = this.#answer(init.method, path, init.body ? JSON.parse(init.body) : {});
    if (path !== "" && init.method !== "GET")
      this.made.push({ method: init.method, path, token: init.headers["PRIVATE-TOKEN"] });
    if (own === undefined) return this.gitLab.fetch(url, init);
    const [status, body] = own;
    const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
    return { status, headers: { get: () => null }, text: async () => text };
  };
}
