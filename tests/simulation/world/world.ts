import type { MappingRow, OurEvent } from "../../../AutoScaler/src/ports";
import { STACK } from "../../../AutoScaler/src/ports";
import type { Time } from "../../../Core/model/ledger";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { SimulatedAuthorizer } from "./authorizer";
import { BUS_DEFAULTS, Bus, type BusOptions } from "./bus";
import { Calls, type FaultPlan, type Process } from "./calls";
import { Checks } from "./checks";
import { Ec2, type Ec2Options } from "./ec2";
import { type ExecutionOptions, Executions, REFUSED } from "./executions";
import type { FunctionDependencies } from "./functions";
import { type GitLabOptions, type Job, PROTECTED_REF, SimulatedGitLab } from "./gitlab";
import { type ApiMood, GitLabLoad, GOOD_MOOD, gitLabEffects, isDown } from "./gitlab-api";
import { type LambdaOptions, LambdaQueue } from "./lambda";
import { SimulatedLambdaApi } from "./lambda-api";
import { type AccountQuotas, DEFAULT_QUOTAS, NEW_ACCOUNT } from "./limits/account";
import { pauseAfterRefusal } from "./limits/asynchronous-retries";
import { LambdaConcurrency } from "./limits/lambda-concurrency";
import { LedgerThroughput } from "./limits/ledger-throughput";
import { TenantEnvironments } from "./limits/tenant-environments";
import { TokenBucket } from "./limits/token-bucket";
import { Machines } from "./machines";
import { type MicroVmOptions, MicroVmService } from "./microvms";
import { ParameterStore } from "./parameter-store";
import { type Counted, portsFactory } from "./ports";
import { keepWorldsPrices } from "./prices";
import { Alarms } from "./proof/alarms";
import { Conservation } from "./proof/conservation";
import { namesOf, OWN } from "./proof/metric-names";
import { Metrics } from "./proof/metrics";
import { Providers } from "./providers";
import { type Random, random } from "./random";
import { remains } from "./remains";
import { REPORT_DEFAULTS, type ReportOptions, Reports } from "./reports";
import { eventAge } from "./rules";
import { SignedReceiver } from "./signed-receiver";
import {
  DEPLOYMENT,
  KINDS,
  type Kind,
  MAPPING,
  routingOf,
  STACK_DEFAULTS,
  type StackParameters,
} from "./stack";
import { Table } from "./table";
import { Timeline } from "./timeline";
import { authorizerIsKeptReady, READY_MINUTES, WebhookGateway } from "./webhook-api";
import { WEBHOOK_DEFAULTS, WEBHOOK_SECRET, type WebhookOptions, Webhooks } from "./webhooks";
import { StateError } from "./workflow";

export interface SimulationOptions {
  readonly seed: number;
  readonly start?: Time;
  readonly stack?: Partial<StackParameters>;
  readonly mode?: "verified" | "payload";
  readonly webhooks?: Partial<WebhookOptions>;
  readonly bus?: Partial<BusOptions>;
  readonly gitLab?: Partial<GitLabOptions>;
  readonly mood?: Partial<ApiMood>;
  readonly ec2?: Partial<Ec2Options>;
  readonly lambda?: Partial<LambdaOptions>;
  readonly microVms?: Partial<MicroVmOptions>;
  readonly reports?: Partial<ReportOptions>;
  readonly executions?: Partial<ExecutionOptions>;
  /** AWS's limits; by default the published quotas. */
  readonly account?: Partial<AccountQuotas>;
  /** An account of which nobody has raised a limit. */
  readonly newAccount?: boolean;
  readonly faults?: FaultPlan;
  /** Probability that a machine dies during its job without a report. */
  readonly crashes?: number;
  /** Probability that a machine dies when it gets a job. */
  readonly crashesAtHandOut?: number;
  /** False: the reconciler's schedule is off. */
  readonly passes?: boolean;
  /** False: the authorizer's schedule is off. By default what the template says. */
  readonly getsReady?: boolean;
  /** GitLab signs its webhooks: each is checked by a function. */
  readonly signedWebhooks?: boolean;
  /** By how much a pass may come after its minute has begun: EventBridge promises the minute, not the second. */
  readonly scheduleLateSeconds?: number;
}

export interface NewJob {
  readonly kind: Kind;
  readonly projectId?: number;
  readonly seconds?: number;
  readonly fails?: boolean;
  /** It sends no webhooks. */
  readonly isSilent?: boolean;
  /** Its branch; by default the protected one. */
  readonly ref?: string;
  /** How often GitLab retries it when its runner is lost. */
  readonly retries?: number;
}

/** A refused schedule's event is tried for so long, in milliseconds. */
const RECONCILER_AGE = eventAge("ReconcilerFunction") * 1_000;
const START = Date.UTC(2026, 10, 25, 12);
const MINUTE = 60_000;

/** GitLab, AWS and the shipped rules in virtual time; one seed decides everything that is random. */
export class Simulation {
  readonly random: Random;
  readonly timeline: Timeline;
  readonly table: Table;
  readonly throughput: LedgerThroughput;
  readonly gitLab: SimulatedGitLab;
  readonly mood: { -readonly [Field in keyof ApiMood]: ApiMood[Field] };
  readonly machines: Machines;
  readonly ec2: Ec2;
  readonly microVms: MicroVmService;
  readonly lambda: LambdaQueue;
  readonly account: AccountQuotas;
  readonly concurrency: LambdaConcurrency;
  readonly tenants: TenantEnvironments;
  readonly parameterStore: ParameterStore;
  readonly lambdaApi: SimulatedLambdaApi;
  /** PutEvents of API Gateway, our functions and our workflows together. */
  readonly putEvents: TokenBucket;
  readonly calls: Calls;
  readonly bus: Bus;
  readonly authorizer: SimulatedAuthorizer;
  readonly webhookApi: WebhookGateway;
  readonly webhooks: Webhooks;
  readonly reports: Reports;
  readonly providers: Providers;
  readonly executions: Executions;
  readonly checks: Checks;
  readonly gitLabLoad = new GitLabLoad();
  readonly metrics = new Map<string, number>();
  /** What CloudWatch has of these and of AWS's own. */
  readonly cloudWatch = new Metrics();
  readonly alarms = new Alarms(this.cloudWatch);
  readonly conservation = new Conservation();
  /** When each job was last reported as one that gets no runner. */
  readonly reported = new Map<number, Time>();
  readonly stack: { -readonly [Field in keyof StackParameters]: StackParameters[Field] };
  onMetric: (name: string, value: number) => void = () => undefined;
  mapping: readonly MappingRow[] = MAPPING;
  startsAreOn = true;
  routing: RoutingSettings;
  readonly #late: Random;
  #jobs = 0;
  /** Whether the reconciler's schedule is on. */
  passes: boolean;
  /** Whether the authorizer's schedule is on. */
  getsReady: boolean;

  constructor(readonly options: SimulationOptions) {
    this.random = random(options.seed);
    this.#late = this.random.fork("schedule");
    this.timeline = new Timeline(options.start ?? START);
    const { timeline } = this;
    this.stack = { ...STACK_DEFAULTS, ...options.stack };
    this.routing = routingOf(this.stack);
    this.mood = { ...GOOD_MOOD, ...options.mood };
    this.gitLab = new SimulatedGitLab(timeline, this.random.fork("gitlab"), options.gitLab);
    this.account = { ...(options.newAccount ? NEW_ACCOUNT : DEFAULT_QUOTAS), ...options.account };
    const { account } = this;
    this.ec2 = new Ec2(timeline, this.random.fork("ec2"), account, options.ec2);
    this.microVms = new MicroVmService(timeline, this.random.fork("microvms"), options.microVms);
    this.concurrency = new LambdaConcurrency(() => account.concurrentExecutions);
    const tenants = (account.concurrentExecutions / 1_000) * account.tenantsPerThousand;
    this.tenants = new TenantEnvironments(() => tenants, account.idleSeconds);
    this.lambda = new LambdaQueue(
      timeline,
      this.random.fork("lambda"),
      this.concurrency,
      this.tenants,
      options.lambda,
    );
    this.machines = new Machines({
      timeline,
      random: this.random.fork("machines"),
      gitLab: this.gitLab,
      isGitLabDown: () => isDown(this.mood, timeline.now),
      options: { crashes: options.crashes ?? 0, crashesAtHandOut: options.crashesAtHandOut ?? 0 },
    });
    this.checks = new Checks({
      timeline,
      gitLab: this.gitLab,
      ec2: this.ec2,
      machines: this.machines,
      downFor: () => this.#downFor(),
      totalLimit: () => this.stack.totalLimit,
      isReported: (jobId) => this.reported.has(jobId),
      classLimit: (classKey) => (classKey === "EC2#large" ? 2 : this.stack.classLimit),
    });
    this.table = new Table(
      () => timeline.now,
      (what) => this.checks.complain(what),
    );
    void keepWorldsPrices(this.table, timeline, this.mapping, this.routing);
    this.throughput = new LedgerThroughput(account);
    this.calls = new Calls({
      timeline,
      random: this.random.fork("calls"),
      plan: options.faults ?? (() => undefined),
    });
    this.parameterStore = new ParameterStore({
      timeline,
      random: this.random.fork("parameters"),
      calls: this.calls,
      readsPerSecond: account.parameterReadsPerSecond,
    });
    this.lambdaApi = new SimulatedLambdaApi({
      timeline,
      random: this.random.fork("lambda-api"),
      calls: this.calls,
      requestsPerSecond: account.lambdaRequestsPerSecond,
    });
    this.putEvents = new TokenBucket(account.putEventsPerSecond);
    const invocationsPerSecond = account.invocationsPerExecution * account.concurrentExecutions;
    this.executions = new Executions(
      {
        timeline,
        random: this.random.fork("executions"),
        calls: this.calls,
        routing: () => this.#settings(),
        parameterStore: this.parameterStore,
        concurrency: this.concurrency,
        conservation: this.conservation,
        metrics: this.cloudWatch,
        idleSeconds: account.idleSeconds,
        invocationsPerSecond,
        lambdaApi: this.lambdaApi,
        putEvents: this.putEvents,
      },
      this.#ports(),
      options.executions,
    );
    this.bus = new Bus(timeline, this.random.fork("bus"), this.executions, account.ruleInvocationsPerSecond, {
      ...BUS_DEFAULTS,
      ...options.bus,
    });
    this.reports = new Reports(timeline, this.random.fork("reports"), this.bus, options.reports);
    this.providers = new Providers({
      timeline,
      random: this.random.fork("providers"),
      table: this.table,
      lambda: this.lambda,
      ec2: this.ec2,
      machines: this.machines,
      checks: this.checks,
      bus: this.bus,
      reports: this.reports,
    });
    const ofWebhooks = {
      timeline,
      random: this.random.fork("authorizer"),
      concurrency: this.concurrency,
      parameterStore: this.parameterStore,
      idleSeconds: account.idleSeconds,
      invocationsPerSecond,
    };
    this.authorizer = new SimulatedAuthorizer(ofWebhooks, () => WEBHOOK_SECRET);
    this.webhookApi = new WebhookGateway({
      timeline,
      authorizer: this.authorizer,
      ...(options.signedWebhooks ? { receiver: new SignedReceiver(ofWebhooks) } : {}),
      bus: this.bus,
      putEvents: this.putEvents,
    });
    this.webhooks = new Webhooks(timeline, this.random.fork("webhooks"), this.webhookApi, {
      ...WEBHOOK_DEFAULTS,
      ...options.webhooks,
    });
    this.gitLab.onStatus = (job) => {
      if (job.status === "canceling") this.machines.cancelled.get(job)?.();
      this.webhooks.send(job);
    };
    this.gitLab.nextJobId = () => this.#nextJobId();
    this.gitLab.onRemove = (runnerId) => this.providers.uncount(runnerId);
    this.ec2.onState = (instance) => this.providers.instanceChanged(instance);
    this.microVms.onState = (vm) => this.providers.microVmChanged(vm);
    this.microVms.mayLetIn = (runnerId) => this.checks.mayBeKept(this.gitLab.madeFor(runnerId));
    this.microVms.onMismatch = (token) =>
      this.checks.complain(`I-18: other parameters under the token ${token}`);
    this.ec2.onMismatch = (token) => this.checks.complain(`I-18: other parameters under the token ${token}`);
    this.passes = options.passes ?? true;
    this.getsReady = options.getsReady ?? authorizerIsKeptReady("Infrastructure");
    this.#runSchedules();
  }

  /** The stack's limit may be changed while the world runs. */
  #settings(): RoutingSettings {
    return { ...this.routing, maxRunners: this.stack.totalLimit };
  }

  #ports(): (process: Process) => FunctionDependencies {
    const watch = {
      paused: (runnerId: number) => this.checks.paused(runnerId),
      deleting: (runnerId: number) => this.checks.deleting(runnerId),
    };
    return portsFactory({
      timeline: this.timeline,
      random: this.random.fork("ports"),
      calls: this.calls,
      table: this.table,
      throughput: this.throughput,
      gitLab: gitLabEffects(this.gitLab, this.mood, this.random.fork("api"), watch, this.gitLabLoad),
      gitLabMode: this.options.mode ?? "verified",
      ec2: this.ec2,
      terminate: (instanceId) => {
        const instance = this.ec2.instances.get(instanceId);
        if (instance === undefined) return;
        this.checks.terminating(instance);
        this.ec2.shutDown(instance);
      },
      microVms: this.microVms,
      endingMicroVm: (id) => {
        const vm = this.microVms.vms.get(id ?? "");
        if (vm !== undefined && this.microVms.live().includes(vm)) this.checks.ending(vm);
      },
      invoke: (runner) => this.providers.invoke(runner),
      mappings: () => this.mapping,
      startsAreOn: () => this.startsAreOn,
      concurrentExecutions: this.account.concurrentExecutions,
      lambdaApi: this.lambdaApi,
      putEvents: this.putEvents,
      put: (events) => this.#put(events),
      metric: (counted, process) => this.count(counted, process),
    });
  }

  /** Counts a metric that one process puts. */
  count({ name, value, dimensions, counted = "apart" }: Counted, { gaveUp }: Pick<Process, "gaveUp">): void {
    this.onMetric(name, value);
    if (name === "JobsFailed") for (const jobId of gaveUp) this.reported.set(jobId, this.timeline.now);
    const { metrics, keys } = namesOf(name, dimensions, counted);
    for (const metric of metrics) this.cloudWatch.put(metric, value, this.timeline.now);
    for (const key of keys) this.metrics.set(key, (this.metrics.get(key) ?? 0) + value);
  }

  #downFor(): number {
    const { now } = this.timeline;
    const around = this.mood.outages.find(([from, to]) => from <= now && now < to + 5 * MINUTE);
    return around === undefined ? 0 : now - around[0];
  }

  #put(events: readonly OurEvent[]): void {
    for (const event of events) {
      if (event.detailType === "RunnerEnded") {
        const { runnerId, resourceId, reason } = event;
        this.bus.put({
          source: "gitlab.reconciler",
          detailType: "RunnerEnded",
          detail: { runnerId, resourceId, reason },
        });
      } else {
        const { job, attempt } = event;
        const runner = job.runnerId === undefined ? null : { id: job.runnerId };
        const detail = {
          object_kind: "build",
          build_id: job.id,
          build_name: job.name,
          build_status: job.status,
          project_id: job.projectId,
          runner,
          attempt,
        };
        this.bus.put({ source: "gitlab.reconciler", detailType: "GitLabJobEvent", detail });
      }
    }
  }

  /** Runs a pass, as the schedule does; a failed event would go to the dead-letter queue. */
  reconcileNow(refusals = 0, scheduledAt = this.timeline.now): void {
    this.executions.runFunction("ReconcilerFunction", {}).catch((error: unknown) => {
      const isOld = this.timeline.now - scheduledAt >= RECONCILER_AGE;
      if (!(error instanceof StateError && error.error === REFUSED) || isOld) return;
      this.timeline.after(pauseAfterRefusal(refusals + 1), () =>
        this.reconcileNow(refusals + 1, scheduledAt),
      );
    });
  }

  /** @param minute since the world began */
  #runSchedules(minute = 0): void {
    const { scheduleLateSeconds = 0 } = this.options;
    this.timeline.after(MINUTE, () => {
      if (this.passes && scheduleLateSeconds === 0) this.reconcileNow();
      else if (this.passes) this.after(this.#late.between(0, scheduleLateSeconds), () => this.reconcileNow());
      if (this.getsReady && minute % READY_MINUTES === 0) void this.authorizer.getReady();
      this.#runSchedules(minute + 1);
    });
  }

  // ------------------------------------------------------------------------------------------------ use

  #nextJobId(): number {
    this.#jobs += 1;
    return this.#jobs;
  }

  addJob(
    {
      kind,
      projectId = 1,
      seconds = 30,
      fails = false,
      isSilent = false,
      retries = 0,
      ref = PROTECTED_REF,
    }: NewJob,
    status: "created" | "pending" = "pending",
  ): Job {
    const id = this.#nextJobId();
    const job = {
      id,
      pipelineId: id,
      projectId,
      ...KINDS[kind],
      duration: seconds * 1000,
      outcome: fails ? ("failed" as const) : ("success" as const),
      retries,
      isForeign: isSilent || kind === "foreign",
      ref,
    };
    return this.gitLab.add(job, status);
  }

  /** Sum of what was counted under a name, of all jobs. */
  usage(name: string): number {
    return [...this.table.usage.counts.values()].reduce((sum, { numbers }) => sum + (numbers[name] ?? 0), 0);
  }

  after(seconds: number, act: () => void): void {
    this.timeline.after(seconds * 1000, act);
  }

  /** Acts as soon as a condition holds; it is checked every few milliseconds. */
  when(holds: () => boolean, act: () => void): void {
    const CHECK_EVERY = 5;
    if (holds()) act();
    else this.timeline.after(CHECK_EVERY, () => this.when(holds, act));
  }

  /** Lets so many seconds of virtual time pass. */
  run(seconds: number): Promise<void> {
    return this.timeline.run(this.timeline.now + seconds * 1000);
  }

  remains(): string[] {
    return remains(this);
  }

  /** Ends all faults. */
  calm(): void {
    this.calls.plan = () => undefined;
    this.webhooks.options = WEBHOOK_DEFAULTS;
    this.bus.options = BUS_DEFAULTS;
    this.reports.options = REPORT_DEFAULTS;
    this.executions.options = { ...this.executions.options, throttled: 0, dies: 0, crashes: 0 };
    this.mood.garbage = 0;
    this.mood.lag = 0;
    this.mood.emptyList = 0;
    this.ec2.options = { ...this.ec2.options, noSpot: 0, noCapacity: 0 };
    this.microVms.options = { ...this.microVms.options, noCapacity: 0, neverRuns: 0, listLies: 0 };
  }

  /** Whether nothing is left. The cheap checks come first: this runs every few seconds. */
  #isQuiet(mayStay: (left: readonly string[]) => boolean): boolean {
    const isBusy =
      this.gitLab.records.size > 0 || this.machines.alive.size > 0 || this.table.taken(STACK) > 0;
    return !isBusy && mayStay(this.remains()) && !this.conservation.isUnderWay(this.timeline.now);
  }

  /** Runs until nothing is left, at most `mostSeconds`. @returns the seconds that it took */
  async settle(
    mostSeconds: number,
    mayStay: (left: readonly string[]) => boolean = (left) => left.length === 0,
    checkEverySeconds = 5,
  ): Promise<number> {
    const start = this.timeline.now;
    const until = start + mostSeconds * 1000;
    while (this.timeline.now < until && !this.#isQuiet(mayStay)) await this.run(checkEverySeconds);
    return (this.timeline.now - start) / 1000;
  }

  /** Everything that is wrong, one sentence each. */
  verdict(): string[] {
    return [
      ...this.checks.broken,
      ...this.checks.wrongStarts(),
      ...this.remains(),
      ...this.conservation.wrong(this.timeline.now, this.alarms),
      ...this.#unheard(),
    ];
  }

  /** I-1: each job that is given up rings the alarm that watches for it. */
  #unheard(): string[] {
    const metric = { namespace: OWN, name: "JobsFailed", dimensions: { Deployment: DEPLOYMENT } };
    return [...this.reported]
      .filter(([, at]) => !this.alarms.isHeard(metric, at))
      .map(([jobId]) => `I-1: job ${jobId} is given up, and no alarm tells it`);
  }
}
