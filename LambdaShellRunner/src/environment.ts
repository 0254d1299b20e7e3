import { ConfigurationError } from "../../Core/errors";
import { log } from "../../Core/log";
import type { JobProcesses } from "../../Core/process/job-processes";
import { type EnvironmentRoot, emptyRoot } from "./environment-root";

const END_MILLISECONDS = 5_000;

/** One execution environment: what it has served, and how it is made as new (I-29). */
export class Environment {
  private served: string | undefined;

  constructor(
    private readonly isIsolated: boolean,
    /** Where the next job may write. */
    readonly openRoot: () => Promise<EnvironmentRoot>,
    /** Ends this process, so that Lambda throws the environment away. */
    private readonly throwAway: () => void,
  ) {}

  /** Whether this is the event that the environment served before, once more. */
  hasServed(bootstrapKey: string): boolean {
    return this.served === bootstrapKey;
  }

  /**
   * To be called before anything is taken or asked for.
   *
   * @throws ConfigurationError when the function is said to isolate tenants and the environment is a used one
   */
  enter(bootstrapKey: string): void {
    if (this.isIsolated && this.served !== undefined) {
      throw new ConfigurationError(
        "This environment has served another job, so the function does not isolate tenants: deploy it anew, or with TenantIsolation off",
      );
    }
    this.served = bootstrapKey;
  }

  /** Ends every process of the job and removes every file. What cannot be cleaned is thrown away. */
  async clean(root: EnvironmentRoot, processes: JobProcesses | undefined): Promise<void> {
    const isQuiet = (await processes?.end(END_MILLISECONDS)) ?? true;
    const isEmpty = await emptyRoot(root);
    if (isQuiet && isEmpty) return;
    log.error("ENVIRONMENT_NOT_CLEAN", { processesLeft: !isQuiet, filesLeft: !isEmpty });
    this.throwAway();
  }
}
