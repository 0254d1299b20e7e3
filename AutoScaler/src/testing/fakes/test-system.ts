import type { BusEntry } from "../../../../Core/events/bus-entry";
import { parseJobEvent } from "../../../../Core/model/job-event";
import { hasMachine, type RunnerClass } from "../../../../Core/model/runner-class";
import type { RunnerLookup } from "../../../../Core/model/runner-order";
import type { RoutingSettings } from "../../../../Core/routing/routing";
import type { Dependencies } from "../../dependencies";
import { HintMemory } from "../../hints/hint-memory";
import { machines } from "../../ledger/machines";
import { recordPickUp } from "../../pickup/record-pick-up";
import type { GitLabJob, OurEvent } from "../../ports";
import { launchPrices } from "../../pricing/launch-price";
import { PriceMemory } from "../../pricing/price-memory";
import type { Freed } from "../../queue/freed";
import { startNextJob } from "../../queue/start-next-job";
import type { StartOutcome } from "../../queue/start-outcome";
import { reconcile } from "../../reconcile/reconcile";
import { PoolMemory } from "../../spot/pool-memory";
import { lookUpRunner } from "../../start/look-up-runner";
import { recordFailure } from "../../start/record-failure";
import { startRunner } from "../../start/start-runner";
import { parseEndResult } from "../../stop/end-input";
import type { EndResult } from "../../stop/end-order";
import { findRunner } from "../../stop/find-runner";
import { parseEndReportEvent } from "../../stop/report/end-report-event";
import { recordEndReport } from "../../stop/report/record-end-report";
import { parseStopEvent } from "../../stop/stop-event";
import { terminateInstance } from "../../stop/terminate-instance";
import { unregisterRunner } from "../../stop/unregister-runner";
import { fakeAccount } from "./fake-account";
import { fakeBootstrapRows } from "./fake-bootstrap-rows";
import { fakeCacheAccess } from "./fake-cache-access";
import { fakeClock } from "./fake-clock";
import { fakeEventBus } from "./fake-event-bus";
import { fakeFunctions } from "./fake-functions";
import { fakeGitLab } from "./fake-gitlab";
import { fakeInstances } from "./fake-instances";
import { fakeLedger } from "./fake-ledger";
import { fakeMappings } from "./fake-mappings";
import { fakeMetrics, fakeNonce } from "./fake-metrics";
import { fakeMicroVmImages, fakeMicroVms } from "./fake-microvms";
import { fakeMinuteCounters } from "./fake-minute-counters";
import { FAKE_REGION } from "./fake-prices";
import { fakeProvider } from "./fake-provider";
import { fakeSettings } from "./fake-settings";

export const DEFAULT_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";

const lambdaClass: RunnerClass = {
  name: "default",
  type: "LAMBDA",
  lifetimeSeconds: 900,
  waitTimeoutSeconds: 60,
  maxRunners: 100,
};

const ec2Class: RunnerClass = {
  name: "default",
  type: "EC2",
  lifetimeSeconds: 3600,
  waitTimeoutSeconds: 120,
  maxRunners: 100,
  ec2: {
    architecture: "arm64",
    instanceTypes: ["m7g.large"],
    market: "spot-first",
    diskGiB: 30,
    privileged: false,
  },
};

const microVmClass: RunnerClass = {
  name: "default",
  type: "MICROVM",
  lifetimeSeconds: 3600,
  waitTimeoutSeconds: 60,
  maxRunners: 100,
  microVm: { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" },
};

export interface TestSystemOptions {
  readonly mode?: "verified" | "payload";
  readonly totalLimit?: number;
  readonly classLimit?: number;
  /** What differs in the default class of EC2. */
  readonly ec2?: Partial<RunnerClass>;
}

/** What the stack and the mapping say by default: all projects of the fake GitLab and of the stand-in are served. */
export const routing = (
  totalLimit: number,
  classLimit: number,
  ec2: Partial<RunnerClass>,
): RoutingSettings => ({
  unmappedJobs: "DEFAULT",
  servedProjects: ["group/*", "local/*"],
  maxRunners: totalLimit,
  defaultRunnerArn: DEFAULT_ARN,
  defaults: {
    LAMBDA: { ...lambdaClass, maxRunners: classLimit },
    EC2: { ...ec2Class, maxRunners: classLimit, ...ec2 },
    MICROVM: { ...microVmClass, maxRunners: classLimit },
  },
  allowedInstanceTypes: { arm64: ["m7g.large"], x86_64: ["m7i.large"] },
  longestLifetimeSeconds: { LAMBDA: 900, EC2: 86_400, MICROVM: 28_800 },
});

/** The detail of one of our events, as the rules hand it to the workflows. */
export const detailOf = (event: OurEvent): Record<string, unknown> =>
  event.detailType === "RunnerEnded"
    ? { runnerId: event.runnerId ?? "", resourceId: event.resourceId ?? "", reason: event.reason }
    : {
        object_kind: "build",
        build_id: event.job.id,
        build_name: event.job.name,
        build_status: event.job.status,
        project_id: event.job.projectId,
        runner: { id: event.job.runnerId ?? "" },
        attempt: event.attempt ?? "",
      };

/** A job's webhook with another status than the API shows, where one is given. */
export const webhook = (job: GitLabJob, status = job.status): Record<string, unknown> =>
  detailOf({ detailType: "GitLabJobEvent", job: { ...job, status } });

/**
 * The rules wired to fakes, with the workflows' order of tasks, for tests that follow a job from its webhook until
 * nothing is left. Jobs with the tag `ec2` get an instance, all others the default function.
 */
export const testSystem = ({
  mode = "verified",
  totalLimit = 100,
  classLimit = 100,
  ec2: ec2Settings = {},
}: TestSystemOptions = {}) => {
  const clock = fakeClock();
  const rows = fakeBootstrapRows();
  const ledger = fakeLedger(rows.rows);
  const gitLab = fakeGitLab(mode, clock.now);
  const instances = fakeInstances();
  const bus = fakeEventBus();
  const counters = fakeMinuteCounters();
  const metrics = fakeMetrics();
  const mappings = fakeMappings([{ pk: "job#*", sk: "tags#ec2", type: "EC2" }]);
  const ec2 = fakeProvider({ instances, clock });
  const lambda = fakeProvider();
  const microVms = fakeMicroVms();
  const microVmImages = fakeMicroVmImages();
  const microVm = fakeProvider(undefined, { vms: microVms, clock });
  const settings = fakeSettings();
  const account = fakeAccount();
  const cache = fakeCacheAccess();
  const dependencies: Dependencies = {
    ledger,
    rows,
    mappings,
    gitLab,
    counters,
    hints: new HintMemory(),
    // Without a memory: a test's clock stands still between two jobs.
    spotPools: new PoolMemory(0),
    prices: launchPrices(new PriceMemory(FAKE_REGION, 0)),
    provider: lambda,
    instances: machines(instances, microVms),
    microVms,
    microVmImages,
    functions: fakeFunctions(),
    account,
    bus,
    settings,
    clock,
    nonce: fakeNonce(),
    metric: metrics.metric,
    cacheAccess: cache.cacheAccess,
    deploymentId: "test",
  };
  const fakes = {
    account,
    cache,
    clock,
    counters,
    rows,
    ledger,
    gitLab,
    instances,
    bus,
    metrics,
    mappings,
    ec2,
    lambda,
    microVm,
    microVms,
    microVmImages,
    settings,
  };
  const byDefault = routing(totalLimit, classLimit, ec2Settings);
  // Without AccessToken no project's path is known.
  const settingsOfRouting = mode === "payload" ? { ...byDefault, servedProjects: [] } : byDefault;
  return {
    ...fakes,
    dependencies,
    routing: settingsOfRouting,
    ...workflows(dependencies, { lambda, ec2, microVm }, settingsOfRouting),
  };
};

export type TestSystem = ReturnType<typeof testSystem>;

/** What a task hands to its workflow. */
interface ForWorkflow {
  readonly freed?: Freed;
  readonly events?: readonly BusEntry[];
}

/** A test that starts no MicroVM may leave theirs out. */
type Providers = Readonly<Record<"lambda" | "ec2", Dependencies["provider"]>> & {
  readonly microVm?: Dependencies["provider"];
};

const failed = (error: unknown): { Error: string; Cause: string } => {
  const { name, message } = error as Error;
  return { Error: name, Cause: JSON.stringify({ errorMessage: message, errorType: name }) };
};

/** The workflows as the state machines order their tasks, without their retries. */
export const workflows = (dependencies: Dependencies, providers: Providers, settings: RoutingSettings) => {
  const startNext = async ({ freed, events }: ForWorkflow): Promise<void> => {
    if (freed !== undefined) await startNextJob(dependencies, freed);
    if (events !== undefined) await dependencies.bus.tell(events);
  };
  const byName = {
    EC2: providers.ec2,
    LAMBDA: providers.lambda,
    MICROVM: providers.microVm ?? dependencies.provider,
  };
  const launchBy = async ({ provider, order }: Extract<RunnerLookup, { kind: "start" }>) => {
    const outcome = await startRunner({ ...dependencies, provider: byName[provider] }, order);
    if (outcome.kind !== "elsewhere") return outcome;
    const { provider: fallback, order: its } = outcome.lookup;
    return startRunner({ ...dependencies, provider: byName[fallback] }, its);
  };
  const start = async (
    input: Record<string, unknown>,
  ): Promise<StartOutcome | RunnerLookup | { kind: "error"; error: unknown }> => {
    const job = parseJobEvent(input);
    let isLookUp = true;
    try {
      const { lookup } = await lookUpRunner(dependencies, job, settings);
      if (lookup.kind === "nothing") return lookup;
      isLookUp = false;
      const outcome = await launchBy(lookup);
      await startNext(outcome);
      return outcome;
    } catch (error) {
      const { Error: name, Cause: cause } = failed(error);
      await startNext(await recordFailure(dependencies, { job, isLookUp, error: name, cause }));
      return { kind: "error", error };
    }
  };
  const end = async (order: Parameters<typeof unregisterRunner>[1]): Promise<EndResult> => {
    const ended = await unregisterRunner(dependencies, order);
    const goes = ended.kind === "unregistered" && hasMachine(ended.provider);
    const result = goes ? await terminateInstance(dependencies, parseEndResult(ended)) : ended;
    await startNext(result);
    return result;
  };
  /** False: a report that is followed no further. */
  const takesReport = async (input: Record<string, unknown>): Promise<boolean> => {
    if (input.reason !== "invocation-ended") return true;
    const recorded = await recordEndReport(dependencies, parseEndReportEvent(input));
    if (recorded.kind === "wait") await dependencies.clock.sleep(recorded.waitSeconds * 1000);
    return recorded.kind === "wait";
  };
  const stop = async (input: Record<string, unknown>): Promise<readonly EndResult[]> => {
    if (!(await takesReport(input))) return [];
    const { runners } = await findRunner(dependencies, parseStopEvent(input));
    const results: EndResult[] = [];
    for (const order of runners) results.push(await end(order));
    return results;
  };
  const pickUp = (input: Record<string, unknown>) => recordPickUp(dependencies, parseJobEvent(input));
  const deliver = async (input: Record<string, unknown>): Promise<unknown> => {
    if (input.object_kind !== "build" || !["pending", "running"].includes(String(input.build_status)))
      return stop(input);
    return input.build_status === "pending" ? start(input) : pickUp(input);
  };
  return { start, stop, pickUp, deliver, reconcile: () => reconcile(dependencies, settings) };
};
