import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HintMemory } from "../../../AutoScaler/src/hints/hint-memory";
import { launchPrices } from "../../../AutoScaler/src/pricing/launch-price";
import { PriceMemory } from "../../../AutoScaler/src/pricing/price-memory";
import { PoolMemory } from "../../../AutoScaler/src/spot/pool-memory";
import type { BusEntry } from "../../../Core/events/bus-entry";
import type { Time } from "../../../Core/model/ledger";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { ROOT } from "../../templates/read-template";
import type { Calls, FunctionEnvironment, Process } from "./calls";
import { FUNCTIONS, type FunctionDependencies, type FunctionName, type ShippedFunction } from "./functions";
import type { SimulatedLambdaApi } from "./lambda-api";
import { type Entered, FunctionEnvironments } from "./limits/function-environments";
import type { LambdaConcurrency } from "./limits/lambda-concurrency";
import type { TokenBucket } from "./limits/token-bucket";
import { once } from "./once";
import type { ParameterStore } from "./parameter-store";
import { referenceTo } from "./proof/alarms";
import type { Conservation, End } from "./proof/conservation";
import { endOfOutput } from "./proof/ends";
import type { MetricName, Metrics } from "./proof/metrics";
import type { Random } from "./random";
import { readsConfiguration, timeoutOf } from "./rules";
import { REGION } from "./stack";
import type { Timeline } from "./timeline";
import { withoutStack } from "./without-stack";
import { type Definition, runStates, StateError } from "./workflow";

export interface ExecutionOptions {
  /** Largest clock error in milliseconds; each process has its own. */
  readonly skew: number;
  /** Probabilities that Lambda refuses an invocation, and that an execution dies between two states. */
  readonly throttled: number;
  readonly dies: number;
  /** Probability that a process dies within its first seconds. */
  readonly crashes: number;
  /** How many of our functions Lambda runs at a time; what comes on top it refuses. */
  readonly concurrency: number;
}

export interface ExecutionParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly routing: () => RoutingSettings;
  readonly parameterStore: ParameterStore;
  readonly concurrency: LambdaConcurrency;
  readonly conservation: Conservation;
  readonly metrics: Metrics;
  /** Seconds for which Lambda keeps an idle environment. */
  readonly idleSeconds: number;
  /** Of each function. */
  readonly invocationsPerSecond: number;
  readonly lambdaApi: SimulatedLambdaApi;
  /** PutEvents of the whole account. */
  readonly putEvents: TokenBucket;
}

/** What one environment of a function has, and the invocation that it serves. */
interface Served {
  readonly environment: FunctionEnvironment;
  process: Process | undefined;
  /** When the configuration was read; within a minute the shipped reader asks nobody. */
  configuredAt: Time;
}

const CONFIGURED_FOR = 60_000;

export const REFUSED = "Lambda.TooManyRequestsException";

export type StateMachineName = "StartRunnerStateMachine" | "StopRunnerStateMachine";

const definition = (name: string): Definition =>
  JSON.parse(readFileSync(join(ROOT, "AutoScaler/workflows", `${name}.asl.json`), "utf8")) as Definition;

const DEFINITIONS: Readonly<Record<StateMachineName, Definition>> = {
  StartRunnerStateMachine: definition("start-runner"),
  StopRunnerStateMachine: definition("stop-runner"),
};

export const EXPRESS_SECONDS = 299;
const CRASHES_WITHIN = 1_500;

/** An execution's failure in the metrics of Step Functions, and that AWS lost it, which no metric tells. */
const failed = (machine: StateMachineName, name: "ExecutionsFailed" | "ExecutionsTimedOut"): MetricName => ({
  namespace: "AWS/States",
  name,
  dimensions: { StateMachineArn: referenceTo(machine) },
});

const ofFunction = (name: "Errors" | "Invocations") =>
  once(
    (id: FunctionName): MetricName => ({
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: referenceTo(id) },
    }),
  );
const invocations = ofFunction("Invocations");
const errors = ofFunction("Errors");

/** Of the account. */
const THROTTLES: MetricName = { namespace: "AWS/Lambda", name: "Throttles", dimensions: {} };

/** What tells others, and calls no function. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as the workflow writes it
const PUT_EVENTS = "${PutEventsArn}";
const PUT_MILLISECONDS = 20;

const FUNCTION_RESOURCE = /^\$\{(\w+)Arn\}$/;
const functionOf = once((resource: string) => FUNCTION_RESOURCE.exec(resource)?.[1] as FunctionName);

const stateError = (error: string, cause: string): StateError =>
  withoutStack(() => new StateError(error, cause));

const asId = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Id of the job in a function's input. */
const jobOf = (input: unknown): number | undefined => {
  if (typeof input !== "object" || input === null) return undefined;
  const { build_id, jobId, endedJob, ownJob, event } = input as Record<string, unknown>;
  const inner = (endedJob ?? ownJob) as { readonly id?: unknown } | undefined;
  return asId(build_id) ?? asId(jobId) ?? asId(inner?.id) ?? (event === undefined ? undefined : jobOf(event));
};

/** Lambda and Step Functions: each function runs in a process of its own, workflows run by the shipped definitions. */
export class Executions {
  options: ExecutionOptions;
  /** Number of executions of the start workflow that have not ended. */
  startsUnderWay = 0;
  /** Hears all that the workflows tell others. */
  onTold: (entry: BusEntry) => void = () => undefined;
  concurrent = 0;
  mostConcurrent = 0;
  readonly #timeouts = new Map<string, number>();
  readonly #environments = new Map<FunctionName, FunctionEnvironments<Served>>();

  constructor(
    readonly parts: ExecutionParts,
    readonly ports: (process: Process) => FunctionDependencies,
    options: Partial<ExecutionOptions> = {},
  ) {
    this.options = {
      skew: 0,
      throttled: 0,
      dies: 0,
      crashes: 0,
      concurrency: Number.POSITIVE_INFINITY,
      ...options,
    };
  }

  /** A new environment's memory. */
  #newEnvironment(name: FunctionName): Served {
    const { parameterStore, lambdaApi } = this.parts;
    const served: Served = {
      environment: {
        hints: new HintMemory(),
        spotPools: new PoolMemory(),
        prices: launchPrices(new PriceMemory(REGION)),
        configuration: readsConfiguration(name)
          ? parameterStore.configurationFor(() => served.process as Process)
          : undefined,
        functions: lambdaApi.functionsFor(() => served.process as Process),
        isNew: true,
      },
      process: undefined,
      configuredAt: Number.NEGATIVE_INFINITY,
    };
    return served;
  }

  #environmentsOf(name: FunctionName): FunctionEnvironments<Served> {
    const known = this.#environments.get(name);
    if (known !== undefined) return known;
    const { random, idleSeconds, invocationsPerSecond } = this.parts;
    const made = new FunctionEnvironments(
      () => this.#newEnvironment(name),
      random,
      idleSeconds,
      invocationsPerSecond,
    );
    this.#environments.set(name, made);
    return made;
  }

  /** Invocations that Lambda refused for their rate, of all functions. */
  get refusedInvocations(): number {
    return [...this.#environments.values()].reduce((sum, { invocations }) => sum + invocations.refused, 0);
  }

  /** Environments that were started, of all functions. */
  get coldStarts(): number {
    return [...this.#environments.values()].reduce((sum, { coldStarts }) => sum + coldStarts, 0);
  }

  /** Undefined: Lambda refuses the invocation. */
  #enter(name: FunctionName): Entered<Served> | undefined {
    const { concurrency, timeline, random } = this.parts;
    const isRefused = random.chance(this.options.throttled) || this.concurrent >= this.options.concurrency;
    if (isRefused || !concurrency.enter()) return undefined;
    const entered = this.#environmentsOf(name).enter(timeline.now);
    if (entered === undefined) {
      concurrency.leave();
      return undefined;
    }
    this.concurrent += 1;
    this.mostConcurrent = Math.max(this.mostConcurrent, this.concurrent);
    return entered;
  }

  /** Gives an environment back, or only its place where it died. What comes after the first call counts for nothing. */
  #leaver(name: FunctionName): (served?: Served) => void {
    let isOver = false;
    return (served) => {
      if (isOver) return;
      isOver = true;
      this.concurrent -= 1;
      this.parts.concurrency.leave();
      if (served === undefined) return;
      served.environment.isNew = false;
      this.#environmentsOf(name).leave(served, this.parts.timeline.now);
    };
  }

  #count(metric: MetricName): void {
    this.parts.metrics.put(metric, 1, this.parts.timeline.now);
  }

  #timeout(name: FunctionName): number {
    const seconds = this.#timeouts.get(name) ?? timeoutOf(name);
    this.#timeouts.set(name, seconds);
    return seconds;
  }

  /** @throws StateError as Step Functions sees it */
  runFunction(name: FunctionName, input: unknown, taskSeconds = 900): Promise<unknown> {
    const { timeline, random, calls, routing } = this.parts;
    const skew = this.options.skew === 0 ? 0 : random.between(-this.options.skew, this.options.skew);
    const jobId = jobOf(input);
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        timeline.hasContinuation = true;
        run();
      };
      const entered = this.#enter(name);
      if (entered === undefined) {
        this.#count(THROTTLES);
        return timeline.after(30, () => settle(() => reject(stateError(REFUSED, name))));
      }
      this.#count(invocations(name));
      const { environment: served, coldStart } = entered;
      const leave = this.#leaver(name);
      const process: Process = {
        name,
        environment: served.environment,
        skew,
        isDead: false,
        gaveUp: new Set(),
        spent: jobId === undefined ? undefined : calls.spentOn(jobId),
        onDeath: () => {
          leave();
          this.#count(errors(name));
          settle(() => reject(stateError("Runtime.ExitError", name)));
        },
      };
      served.process = process;
      const end = (error: string) => (): void => {
        if (process.isDead) return;
        process.isDead = true;
        leave();
        this.#count(errors(name));
        settle(() => reject(stateError(error, name)));
      };
      const die = end("Sandbox.Timedout");
      const crash = end("Runtime.ExitError");
      timeline.after(random.between(5, 40) + coldStart, () => {
        timeline.hasContinuation = true;
        const shipped: ShippedFunction = FUNCTIONS[name];
        const seconds = Math.min(this.#timeout(name), taskSeconds);
        const callOff = timeline.deadline(seconds * 1000, die);
        if (random.chance(this.options.crashes)) timeline.after(random.between(0, CRASHES_WITHIN), crash);
        const run = async (): Promise<unknown> => {
          const isStale = timeline.now - served.configuredAt >= CONFIGURED_FOR;
          if (isStale) await served.environment.configuration?.access();
          if (isStale) served.configuredAt = timeline.now;
          return shipped.run(this.ports(process), input, routing());
        };
        run().then(
          (output) => {
            callOff();
            if (process.isDead) return;
            leave(served);
            resolve(output);
          },
          (error: Error) => {
            callOff();
            if (process.isDead) return;
            leave(served);
            this.#count(errors(name));
            const cause = JSON.stringify({ errorMessage: error.message, errorType: error.name });
            reject(stateError(error.name, cause));
          },
        );
      });
    });
  }

  #wait(milliseconds: number): Promise<void> {
    const { timeline } = this.parts;
    return new Promise((resolve) => {
      timeline.after(milliseconds, () => {
        timeline.hasContinuation = true;
        resolve();
      });
    });
  }

  async #tell(input: unknown): Promise<unknown> {
    await this.#wait(PUT_MILLISECONDS);
    if (!this.parts.putEvents.take(this.parts.timeline.now))
      throw stateError("EventBridge.ThrottlingException", "PutEvents");
    const { Entries } = input as { readonly Entries: readonly BusEntry[] };
    for (const entry of Entries) this.onTold(entry);
    return { FailedEntryCount: 0 };
  }

  /** @param delivery the event's number, under which its end is written down */
  execute(machine: StateMachineName, input: unknown, delivery: number): void {
    const { timeline, random, conservation } = this.parts;
    let isOver = false;
    const isStart = machine === "StartRunnerStateMachine";
    if (isStart) this.startsUnderWay += 1;
    const end = (ending: End): void => {
      if (isOver) return;
      isOver = true;
      callOff();
      if (isStart) this.startsUnderWay -= 1;
      conservation.ended(delivery, ending);
    };
    const fail = (name: "ExecutionsFailed" | "ExecutionsTimedOut"): void => {
      if (isOver) return;
      const counted = failed(machine, name);
      this.#count(counted);
      end({ kind: "failed", counted, at: timeline.now });
    };
    const callOff = timeline.deadline(EXPRESS_SECONDS * 1000, () => fail("ExecutionsTimedOut"));
    const never = new Promise<never>(() => undefined);
    const around = {
      task: (resource: string, taskInput: unknown, seconds: number): Promise<unknown> => {
        if (isOver) return never;
        if (random.chance(this.options.dies)) {
          end({ kind: "died" });
          return never;
        }
        if (resource === PUT_EVENTS) return this.#tell(taskInput);
        return this.runFunction(functionOf(resource), taskInput, seconds);
      },
      wait: (milliseconds: number) => this.#wait(milliseconds),
      jitter: () => random.next(),
    };
    runStates(DEFINITIONS[machine], input, around).then(
      (output) => end(endOfOutput(output)),
      (error: unknown) => {
        if (!(error instanceof StateError)) throw error;
        fail("ExecutionsFailed");
      },
    );
  }
}
