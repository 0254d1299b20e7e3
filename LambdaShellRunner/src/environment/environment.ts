import { ConfigurationError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import type { JobProcesses } from "../../../Core/process/job-processes";
import { type EnvironmentRoot, emptyRoot } from "./environment-root";

const END_MILLISECONDS = 5_000;
const GRACE_MILLISECONDS = 2_000;

/** One execution environment: which event it served, and its cleaning after a job (I-29). */
export class Environment {
  private served: string | undefined;

  constructor(
    private readonly isIsolated: boolean,
    /** See EnvironmentRoot. */
    readonly openRoot: () => Promise<EnvironmentRoot>,
    /** Ends this process, so that Lambda discards the environment. */
    private readonly discard: () => void,
  ) {}

  /** Whether the environment has already served this event. */
  hasServed(bootstrapKey: string): boolean {
    return this.served === bootstrapKey;
  }

  /**
   * Must be called before the row is taken and before GitLab is asked.
   *
   * @throws ConfigurationError when the function should isolate tenants, but the environment was used before
   */
  enter(bootstrapKey: string): void {
    if (this.isIsolated && this.served !== undefined) {
      throw new ConfigurationError(
        "This environment has served another job, so the function does not isolate tenants: deploy it anew, or with TenantIsolation off",
      );
    }
    this.served = bootstrapKey;
  }

  /** Ends every process of the job and removes every file. An environment that cannot be cleaned is discarded. */
  async clean(root: EnvironmentRoot, processes: JobProcesses | undefined): Promise<void> {
    const isQuiet = (await processes?.end(END_MILLISECONDS, GRACE_MILLISECONDS)) ?? true;
    const isEmpty = await emptyRoot(root);
    if (isQuiet && isEmpty) return;
    log.error("ENVIRONMENT_NOT_CLEAN", { processesLeft: !isQuiet, filesLeft: !isEmpty });
    this.discard();
  }
}
