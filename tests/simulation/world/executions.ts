import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HintMemory } from "../../../AutoScaler/src/hints/hint-memory";
import { PoolMemory } from "../../../AutoScaler/src/spot/pool-memory";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { ROOT } from "../../templates/read-template";
import type { Calls, FunctionEnvironment, Process } from "./calls";
import { FUNCTIONS, type FunctionDependencies, type FunctionName, type ShippedFunction } from "./functions";
import { once } from "./once";
import type { Random } from "./random";
import { timeoutOf } from "./rules";
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
}

export type StateMachineName = "StartRunnerStateMachine" | "StopRunnerStateMachine";

const definition = (name: string): Definition =>
  JSON.parse(readFileSync(join(ROOT, "AutoScaler/workflows", `${name}.asl.json`), "utf8")) as Definition;

const DEFINITIONS: Readonly<Record<StateMachineName, Definition>> = {
  StartRunnerStateMachine: definition("start-runner"),
  StopRunnerStateMachine: definition("stop-runner"),
};

const EXPRESS_SECONDS = 299;
const CRASHES_WITHIN = 1_500;

/** How an execution ended. `died`: AWS lost it; its metrics count it as aborted, which raises the alarm. */
export type Ending =
  | { readonly kind: "succeeded"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: string }
  | { readonly kind: "died" };

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
const newEnvironment = (): FunctionEnvironment => ({
  hints: new HintMemory(),
  spotPools: new PoolMemory(),
  isNew: true,
});

export class Executions {
  options: ExecutionOptions;
  /** Number of executions of the start workflow that have not ended. */
  startsUnderWay = 0;
  concurrent = 0;
  mostConcurrent = 0;
  readonly #timeouts = new Map<string, number>();
  readonly #idle = new Map<FunctionName, FunctionEnvironment[]>();

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

  /** An idle environment, or a new one. */
  #enter(name: FunctionName): FunctionEnvironment {
    this.concurrent += 1;
    this.mostConcurrent = Math.max(this.mostConcurrent, this.concurrent);
    return this.#idle.get(name)?.pop() ?? newEnvironment();
  }

  /** Gives an environment back, or only its place where it died. What comes after the first call counts for nothing. */
  #leaver(name: FunctionName): (environment?: FunctionEnvironment) => void {
    let isOver = false;
    return (environment) => {
      if (isOver) return;
      isOver = true;
      this.concurrent -= 1;
      if (environment === undefined) return;
      environment.isNew = false;
      const idle = this.#idle.get(name) ?? [];
      idle.push(environment);
      this.#idle.set(name, idle);
    };
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
      if (random.chance(this.options.throttled) || this.concurrent >= this.options.concurrency) {
        return timeline.after(30, () =>
          settle(() => reject(stateError("Lambda.TooManyRequestsException", name))),
        );
      }
      const environment = this.#enter(name);
      const leave = this.#leaver(name);
      const process: Process = {
        name,
        environment,
        skew,
        isDead: false,
        spent: jobId === undefined ? undefined : calls.spentOn(jobId),
        onDeath: () => {
          leave();
          settle(() => reject(stateError("Runtime.ExitError", name)));
        },
      };
      const end = (error: string) => (): void => {
        if (process.isDead) return;
        process.isDead = true;
        leave();
        settle(() => reject(stateError(error, name)));
      };
      const die = end("Sandbox.Timedout");
      const crash = end("Runtime.ExitError");
      timeline.after(random.between(5, 40), () => {
        timeline.hasContinuation = true;
        const shipped: ShippedFunction = FUNCTIONS[name];
        const seconds = Math.min(this.#timeout(name), taskSeconds);
        const callOff = timeline.deadline(seconds * 1000, die);
        if (random.chance(this.options.crashes)) timeline.after(random.between(0, CRASHES_WITHIN), crash);
        const run = async (): Promise<unknown> => shipped.run(this.ports(process), input, routing());
        run().then(
          (output) => {
            callOff();
            if (process.isDead) return;
            leave(environment);
            resolve(output);
          },
          (error: Error) => {
            callOff();
            if (process.isDead) return;
            leave(environment);
            const cause = JSON.stringify({ errorMessage: error.message, errorType: error.name });
            reject(stateError(error.name, cause));
          },
        );
      });
    });
  }

  execute(machine: StateMachineName, input: unknown, done: (ending: Ending) => void): void {
    const { timeline, random } = this.parts;
    let isOver = false;
    const isStart = machine === "StartRunnerStateMachine";
    if (isStart) this.startsUnderWay += 1;
    const end = (ending: Ending): void => {
      if (isOver) return;
      isOver = true;
      callOff();
      if (isStart) this.startsUnderWay -= 1;
      done(ending);
    };
    const callOff = timeline.deadline(EXPRESS_SECONDS * 1000, () =>
      end({ kind: "failed", error: "States.Timeout" }),
    );
    const never = new Promise<never>(() => undefined);
    const around = {
      task: (resource: string, taskInput: unknown, seconds: number): Promise<unknown> => {
        if (isOver) return never;
        if (random.chance(this.options.dies)) {
          end({ kind: "died" });
          return never;
        }
        return this.runFunction(functionOf(resource), taskInput, seconds);
      },
      wait: (milliseconds: number) =>
        new Promise<void>((resolve) => {
          timeline.after(milliseconds, () => {
            timeline.hasContinuation = true;
            resolve();
          });
        }),
      jitter: () => random.next(),
    };
    runStates(DEFINITIONS[machine], input, around).then(
      (output) => end({ kind: "succeeded", output }),
      (error: unknown) => {
        if (!(error instanceof StateError)) throw error;
        end({ kind: "failed", error: error.error });
      },
    );
  }
}
