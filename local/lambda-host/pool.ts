import { Worker } from "node:worker_threads";
import { type CallOutcome, crashed, type FunctionCall, type FunctionSettings, timedOut } from "./call";

/** What a worker loads. Each function, and each deployment of it, has workers of its own. */
export interface WorkerSource {
  readonly key: string;
  readonly file: string;
  readonly exportName: string;
  readonly settings: FunctionSettings;
  readonly env: Readonly<Record<string, string>>;
}

export interface PoolLimits {
  readonly workers: number;
  readonly workersPerFunction: number;
}

interface Environment {
  readonly key: string;
  readonly worker: Worker;
  /** True while the bundle loads or a call runs. */
  isBusy: boolean;
  isLoading: boolean;
}

interface Waiting {
  readonly source: WorkerSource;
  readonly start: (environment: Environment) => void;
  readonly fail: (error: Error) => void;
}

/**
 * A bounded number of worker threads for our functions. As on Lambda, an environment serves one call at a time and
 * is reused. Calls beyond the bound wait, oldest first.
 */
export class WorkerPool {
  readonly #environments = new Set<Environment>();
  readonly #waiting: Waiting[] = [];
  readonly #stale = new WeakSet<Environment>();

  constructor(
    private readonly script: string,
    private readonly limits: PoolLimits,
    private readonly onOutput: (key: string, text: string) => void,
  ) {}

  async run(source: WorkerSource, call: Omit<FunctionCall, "deadline">): Promise<CallOutcome> {
    let environment: Environment;
    try {
      environment = await this.#acquire(source);
    } catch (error) {
      return crashed(error instanceof Error ? error.message : String(error));
    }
    const outcome = await this.#call(environment, source.settings, call);
    this.#release(environment);
    return outcome;
  }

  /** Loads an environment before the first call. */
  warm(source: WorkerSource): void {
    this.#environmentFor(source);
  }

  /** Drops the environments without a call; the others are dropped after theirs. */
  forget(): void {
    for (const environment of this.#environments) {
      if (environment.isBusy) this.#stale.add(environment);
      else this.#drop(environment);
    }
  }

  async close(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all([...this.#environments].map(({ worker }) => worker.terminate()));
    this.#environments.clear();
  }

  #acquire(source: WorkerSource): Promise<Environment> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ source, start: resolve, fail: reject });
      this.#startWaiting();
    });
  }

  #release(environment: Environment): void {
    environment.isBusy = false;
    if (this.#stale.has(environment)) this.#drop(environment);
    this.#startWaiting();
  }

  /** Starts waiting calls, oldest first. A function at its own bound does not block others. */
  #startWaiting(): void {
    // Under a load hundreds wait for the same few functions: each function is asked for once.
    const without = new Set<string>();
    for (let index = 0; index < this.#waiting.length; ) {
      const waiting = this.#waiting[index];
      const isWithout = !waiting || without.has(waiting.source.key);
      const environment = isWithout ? undefined : this.#environmentFor(waiting.source);
      if (!waiting || !environment || environment.isLoading) {
        if (waiting) without.add(waiting.source.key);
        index += 1;
        continue;
      }
      this.#waiting.splice(index, 1);
      environment.isBusy = true;
      waiting.start(environment);
    }
  }

  #environmentFor(source: WorkerSource): Environment | undefined {
    const own = [...this.#environments].filter(({ key }) => key === source.key);
    const idle = own.find(({ isBusy }) => !isBusy);
    if (idle) return idle;
    // Loads one environment at a time: a burst is faster on a few warm ones than on many that load at once.
    if (own.some(({ isLoading }) => isLoading)) return undefined;
    if (own.length >= this.limits.workersPerFunction) return undefined;
    if (this.#environments.size >= this.limits.workers && !this.#makeRoom(own.length)) return undefined;
    return this.#open(source);
  }

  /**
   * Drops an idle environment of the function that has most, for one that has none or so few that it still has no more
   * afterwards. Without that rule busy functions take each other's environments in turn, and the machine loads bundles
   * instead of running calls.
   */
  #makeRoom(ownCount: number): boolean {
    const counts = new Map<string, number>();
    for (const { key } of this.#environments) counts.set(key, (counts.get(key) ?? 0) + 1);
    const countOf = ({ key }: Environment): number => counts.get(key) ?? 0;
    const [most] = [...this.#environments]
      .filter(({ isBusy }) => !isBusy)
      .sort((one, other) => countOf(other) - countOf(one));
    if (!most || (ownCount > 0 && countOf(most) <= ownCount + 1)) return false;
    this.#drop(most);
    return true;
  }

  /** An environment that ends while it loads fails the oldest call that waits for it; that call would otherwise never end. */
  #onWorkerEnd(environment: Environment, error: Error): void {
    if (!this.#environments.delete(environment)) return;
    const index = this.#waiting.findIndex(({ source }) => source.key === environment.key);
    if (environment.isLoading && index >= 0) this.#waiting.splice(index, 1)[0]?.fail(error);
    this.#startWaiting();
  }

  #drop(environment: Environment): void {
    this.#environments.delete(environment);
    void environment.worker.terminate();
  }

  #open({ key, file, exportName, env }: WorkerSource): Environment {
    const worker = new Worker(this.script, {
      workerData: { file, exportName },
      // Without this process's TypeScript loader: the bundles do not need it, and it loads more slowly than they do.
      execArgv: [],
      env: { ...env },
      stdout: true,
      stderr: true,
    });
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on("data", (chunk: Buffer) => this.onOutput(key, chunk.toString()));
    }
    const environment: Environment = { key, worker, isBusy: true, isLoading: true };
    worker.once("message", () => {
      environment.isLoading = false;
      this.#release(environment);
    });
    worker.on("error", (error) => this.#onWorkerEnd(environment, error));
    worker.on("exit", () => this.#onWorkerEnd(environment, new Error("it ended")));
    this.#environments.add(environment);
    return environment;
  }

  #call(
    environment: Environment,
    { timeoutSeconds }: FunctionSettings,
    call: Omit<FunctionCall, "deadline">,
  ): Promise<CallOutcome> {
    const { worker } = environment;
    return new Promise((resolve) => {
      const settle = (outcome: CallOutcome): void => {
        clearTimeout(timer);
        worker.off("message", settle).off("error", fail).off("exit", leave);
        resolve(outcome);
      };
      const fail = (error: Error): void =>
        settle({ error: { errorType: error.name, errorMessage: error.message } });
      const leave = (code: number): void => settle(crashed(`exit code ${code}`));
      const timer = setTimeout(() => {
        settle(timedOut(timeoutSeconds));
        this.#drop(environment);
      }, timeoutSeconds * 1_000);
      worker.on("message", settle).on("error", fail).on("exit", leave);
      worker.postMessage({ ...call, deadline: Date.now() + timeoutSeconds * 1_000 });
    });
  }
}
