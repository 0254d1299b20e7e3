import type { Ec2Api } from "../../../AutoScaler/src/adapters/ec2/client";
import { ec2Instances } from "../../../AutoScaler/src/adapters/ec2/instances";
import { ec2Provider } from "../../../AutoScaler/src/adapters/ec2/provider";
import type { MicroVmApi } from "../../../AutoScaler/src/adapters/microvm/client";
import { lambdaMicroVms } from "../../../AutoScaler/src/adapters/microvm/microvms";
import { microVmProvider } from "../../../AutoScaler/src/adapters/microvm/provider";
import type { Dependencies } from "../../../AutoScaler/src/dependencies";
import type { HintMemory } from "../../../AutoScaler/src/hints/hint-memory";
import { machines } from "../../../AutoScaler/src/ledger/machines";
import type {
  BootstrapRows,
  CacheAccess,
  Clock,
  EventBus,
  GitLab,
  Instances,
  LambdaAccount,
  Launch,
  LaunchPrices,
  Ledger,
  MappingRow,
  Mappings,
  Metric,
  MicroVmImages,
  MicroVms,
  MinuteCounters,
  Nonce,
  OurEvent,
  RunnerFunctions,
  RunnerProvider,
  Settings,
} from "../../../AutoScaler/src/ports";
import type { PoolMemory } from "../../../AutoScaler/src/spot/pool-memory";
import { TransientError } from "../../../Core/errors";
import type { CountedUnder } from "../../../Core/log";
import type { StartedRunner } from "../../../Core/model/ledger";
import type { Provider } from "../../../Core/model/runner-class";
import { launchablesOf } from "../../../Core/pricing/launchables";
import { DEFAULT_CLASS_KEY } from "../../../Core/routing/classes/default-class";
import { projectsNamed } from "../../../Core/routing/mapping-projects";
import { STATE_PARTITION_KEY } from "../../../Core/routing/mapping-state";
import { SETTINGS_KEY } from "../../../Core/routing/settings-row";
import type { Calls, ErrorOf, Process } from "./calls";
import { type Ec2, ec2Error } from "./ec2";
import type { FunctionDependencies } from "./functions";
import type { GitLabEffects } from "./gitlab-api";
import { GitLabPort } from "./gitlab-port";
import type { SimulatedLambdaApi } from "./lambda-api";
import { Conflicts, LedgerPort } from "./ledger-port";
import type { LedgerThroughput } from "./limits/ledger-throughput";
import type { TokenBucket } from "./limits/token-bucket";
import { IMAGES, type MicroVmService, microVmError } from "./microvms";
import type { Random } from "./random";
import { withSdkTries } from "./sdk-tries";
import { DEPLOYMENT } from "./stack";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

/** The simulated services behind the ports. */
export interface Services {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly table: Table;
  readonly throughput: LedgerThroughput;
  readonly gitLab: GitLabEffects;
  readonly gitLabMode: "verified" | "payload";
  readonly ec2: Ec2;
  readonly microVms: MicroVmService;
  /** Told before a MicroVM is terminated or suspended. */
  readonly endingMicroVm: (id: string | undefined) => void;
  readonly terminate: (instanceId: string) => void;
  readonly invoke: (runner: StartedRunner) => Launch;
  readonly mappings: () => readonly MappingRow[];
  readonly startsAreOn: () => boolean;
  /** The account's, as Lambda tells them. */
  readonly concurrentExecutions: number;
  readonly lambdaApi: SimulatedLambdaApi;
  /** PutEvents of the whole account. */
  readonly putEvents: TokenBucket;
  readonly put: (events: readonly OurEvent[]) => void;
  readonly metric: (counted: Counted, process: Process) => void;
}

/** A metric of the product's. */
export interface Counted {
  readonly name: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
  /** As the shipped log counts it; absent: `apart`. */
  readonly counted?: CountedUnder;
}

export const ROLE_ID = "AROASIMULATED";
export const EC2_SUBNETS = ["subnet-a", "subnet-b"] as const;
const EC2_SETTINGS = {
  deploymentId: DEPLOYMENT,
  launchTemplates: { arm64: { id: "lt-arm64", version: "1" }, x86_64: { id: "lt-x86", version: "1" } },
  subnetIds: EC2_SUBNETS,
  rootDeviceName: "/dev/xvda",
  roleId: ROLE_ID,
} as const;

/** EC2's client throws EC2's own errors, which the shipped adapter translates. */
const ec2ErrorOf: ErrorOf = (fault) => {
  if (fault === "throttled") return ec2Error("RequestLimitExceeded", 503);
  return fault === "fails" ? ec2Error("InternalError", 500) : ec2Error("TimeoutError", 504);
};

/** The settings, the default class and the state of uploads are read for no job in particular. */
const readOf = (pk: string): string =>
  [SETTINGS_KEY, DEFAULT_CLASS_KEY, STATE_PARTITION_KEY].includes(pk) ? "mappings.settings" : "mappings.rows";

class Throttled extends Error {}

/** Lambda's 429 comes before any effect. */
const invokeErrorOf: ErrorOf = (fault, name) =>
  fault === "throttled" ? new Throttled(name) : new TransientError(`${name}: ${fault}`);

const refusedByRate = (error: unknown): Launch => {
  if (error instanceof Throttled)
    return { kind: "refused", refusal: "rate", message: "Lambda refused the call" };
  throw error;
};

/** The shipped provider asks before it invokes. */
const isolated = ({ environment }: Process, { order }: StartedRunner): Promise<unknown> =>
  environment.functions.isTenantIsolated(order.functionArn ?? "");

const lambdaPort = ({ calls, invoke }: Services, process: Process): RunnerProvider => ({
  launch: (runner) =>
    isolated(process, runner)
      .then(() => calls.make(process, "lambda.invoke", () => invoke(runner), invokeErrorOf))
      .catch(refusedByRate),
  find: async () => undefined,
});

/** Of EventBridge. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const ENTRIES_PER_CALL = 10;

const rateExceeded = (): Error => ec2Error("RequestLimitExceeded", 503);

/** Launches are tried once: the provider repeats them itself. */
const ec2Api = ({ timeline, random, calls, ec2, terminate }: Services, process: Process): Ec2Api => ({
  createFleet: (request) =>
    calls.make(process, "ec2.createFleet", () => ec2.createFleet(request), ec2ErrorOf),
  describeInstances: (request) =>
    withSdkTries(calls, random, process, {
      name: "ec2.describeInstances",
      effect: () =>
        ec2.requests.mayDescribe(request, timeline.now)
          ? { answer: ec2.describeInstances(request) }
          : undefined,
      refusal: rateExceeded,
      errorOf: ec2ErrorOf,
    }),
  // No machine of the simulation has a console.
  getConsoleOutput: async () => ({ $metadata: {} }),
  terminateInstances: ({ InstanceIds = [] }) =>
    withSdkTries(calls, random, process, {
      name: "ec2.terminateInstances",
      effect: () =>
        ec2.requests.mayTerminate(InstanceIds.length, timeline.now)
          ? { answer: void InstanceIds.map(terminate) }
          : undefined,
      refusal: rateExceeded,
      errorOf: ec2ErrorOf,
    }),
});

const microVmErrorOf: ErrorOf = (fault) => {
  if (fault === "throttled") return microVmError("ThrottlingException", 429);
  return fault === "fails" ? microVmError("InternalServerException", 500) : microVmError("TimeoutError", 504);
};

const microVmApi = ({ calls, microVms, endingMicroVm }: Services, process: Process): MicroVmApi => {
  const make = <Answer>(name: string, effect: () => Answer): Promise<Answer> =>
    calls.make(process, `microvm.${name}`, effect, microVmErrorOf);
  return {
    runMicrovm: (input) => make("run", () => microVms.run(input)),
    getMicrovm: ({ microvmIdentifier }) => make("get", () => microVms.get(microvmIdentifier)),
    listMicrovms: ({ imageIdentifier, nextToken }) =>
      make("list", () => microVms.list(imageIdentifier, nextToken)),
    suspendMicrovm: ({ microvmIdentifier }) =>
      make("suspend", () => {
        endingMicroVm(microvmIdentifier);
        microVms.suspend(microvmIdentifier);
      }),
    terminateMicrovm: ({ microvmIdentifier }) =>
      make("terminate", () => {
        endingMicroVm(microvmIdentifier);
        microVms.terminateById(microvmIdentifier);
      }),
  };
};

/** What all processes share. */
interface Shared {
  readonly services: Services;
  readonly conflicts: Conflicts;
  readonly nonce: Nonce;
}

/** No job of the simulation has a cache: the row carries it, and nobody reads it. */
const CACHE = {
  bucket: "cache",
  region: "eu-west-1",
  accessKeyId: "id",
  secretAccessKey: "secret",
  sessionToken: "session",
} as const;

/**
 * The ports of one process: each call takes time and may have a fault. There are many processes and each uses few
 * ports, so a port is made at its first use.
 */
class Ports implements FunctionDependencies {
  readonly ledger: Ledger;
  readonly gitLab: GitLab;
  readonly hints: HintMemory;
  readonly spotPools: PoolMemory;
  readonly prices: LaunchPrices;
  readonly clock: Clock;
  readonly functions: RunnerFunctions;
  readonly nonce: Nonce;
  readonly deploymentId = DEPLOYMENT;

  constructor(
    readonly shared: Shared,
    readonly process: Process,
  ) {
    const { services, conflicts, nonce } = shared;
    const { timeline, random, calls, table } = services;
    this.ledger = new LedgerPort(process, calls, table, random, conflicts, services.throughput);
    this.gitLab = new GitLabPort(process, calls, services.gitLab, services.gitLabMode);
    this.clock = {
      now: () => Math.floor(timeline.now + process.skew),
      sleep: (milliseconds) => calls.sleep(process, milliseconds),
    };
    this.functions = process.environment.functions;
    this.hints = process.environment.hints;
    this.spotPools = process.environment.spotPools;
    this.prices = process.environment.prices;
    this.nonce = nonce;
  }

  get account(): LambdaAccount {
    const { lambdaApi, concurrentExecutions } = this.shared.services;
    return {
      concurrency: () => lambdaApi.ask(this.process, "lambda.getAccountSettings", concurrentExecutions),
    };
  }

  get cacheAccess(): CacheAccess {
    return async ({ path }) => ({ ...CACHE, path });
  }

  get metric(): Metric {
    const { services } = this.shared;
    return (name, value = 1, dimensions = {}, counted = "apart") =>
      services.metric({ name, value, dimensions, counted }, this.process);
  }

  #make<Answer>(name: string, effect: () => Answer): Promise<Answer> {
    return this.shared.services.calls.make(this.process, name, effect);
  }

  /** As many calls as the shipped adapter makes, with the tries of its client. */
  #putEvents(name: string, entries: number, put: () => void): Promise<void> {
    const { calls, random, timeline, putEvents } = this.shared.services;
    const requests = Math.ceil(entries / ENTRIES_PER_CALL);
    const effect = () => (putEvents.take(timeline.now, requests) ? { answer: put() } : undefined);
    const refusal = () => new TransientError("PutEvents: ThrottlingException");
    return withSdkTries(calls, random, this.process, { name, effect, refusal });
  }

  get rows(): BootstrapRows {
    const { table } = this.shared.services;
    return {
      read: (key) => this.#make("rows.read", () => table.rows.get(key)),
      move: (fromKey, toKey) => this.#make("rows.move", () => table.move(fromKey, toKey)),
      remove: (key) => this.#make("rows.remove", () => void table.rows.delete(key)),
    };
  }

  get mappings(): Mappings {
    const { mappings } = this.shared.services;
    return {
      rows: (pk) => this.#make(readOf(pk), () => mappings().filter((row) => row.pk === pk)),
      projectIds: () => this.#make("mappings.projectIds", () => projectsNamed(mappings())),
      launchables: () => this.#make("mappings.launchables", () => launchablesOf(mappings())),
    };
  }

  /** An environment's first call says 0: its client is still loading. */
  get counters(): MinuteCounters {
    const { table } = this.shared.services;
    const { environment } = this.process;
    return {
      read: async (rows, minute) => {
        if (environment.isNew) return rows.map(() => 0);
        return this.#make("counters.read", () => rows.map((row) => table.counted(row, minute)));
      },
      add: (row, minute) => this.#make("counters.add", () => table.count(row, minute)),
    };
  }

  get instances(): Instances {
    const ec2 = ec2Instances(ec2Api(this.shared.services, this.process), { deploymentId: DEPLOYMENT });
    return machines(ec2, this.microVms);
  }

  get microVms(): MicroVms {
    return lambdaMicroVms(microVmApi(this.shared.services, this.process), async () => [...IMAGES.values()]);
  }

  /** Kept for a minute by the function's environment. */
  get microVmImages(): MicroVmImages {
    return { image: async (size) => IMAGES.get(size) };
  }

  get bus(): EventBus {
    const { put } = this.shared.services;
    return {
      put: (events) => this.#putEvents("bus.put", events.length, () => put(events)),
      tell: (entries) => this.#putEvents("bus.tell", entries.length, () => undefined),
    };
  }

  get settings(): Settings {
    const { startsAreOn } = this.shared.services;
    return { startsAreOn: () => this.#make("settings.startsAreOn", startsAreOn) };
  }

  #provider(provider: Provider): RunnerProvider {
    const { services } = this.shared;
    if (provider === "LAMBDA") return lambdaPort(services, this.process);
    if (provider === "MICROVM") {
      const client = microVmApi(services, this.process);
      return microVmProvider({ client, rows: this.rows, deploymentId: DEPLOYMENT, clock: this.clock });
    }
    return ec2Provider(ec2Api(services, this.process), EC2_SETTINGS);
  }

  launchingOn(provider: Provider): Dependencies {
    return Object.assign(this, { provider: this.#provider(provider) });
  }
}

export const portsFactory = (services: Services): ((process: Process) => FunctionDependencies) => {
  let nonces = 0;
  const shared: Shared = {
    services,
    conflicts: new Conflicts(services.timeline, services.random),
    nonce: () => {
      nonces += 1;
      return nonces.toString(16).padStart(64, "0");
    },
  };
  return (process) => new Ports(shared, process);
};
