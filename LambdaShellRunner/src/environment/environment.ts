import { ConfigurationError, TransientError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import type { JobProcesses } from "../../../Core/process/job-processes";
import { areLimitsChanged } from "../../../Core/process/remaining-processes";
import { type ClearedEnvironment, NOTHING_REMAINING } from "./clear-environment";
import { type EnvironmentRoot, emptyRoot } from "./environment-root";

const END_MILLISECONDS = 5_000;
const GRACE_MILLISECONDS = 2_000;

/** One execution environment: which event it served, and its cleaning before and after a job (I-29). */
export class Environment {
  private served: string | undefined;

  constructor(
    private readonly isIsolated: boolean,
    /** See EnvironmentRoot. */
    readonly openRoot: () => Promise<EnvironmentRoot>,
    /** Ends this process, so that Lambda discards the environment. */
    private readonly discard: () => void,
    /** Removes what former jobs left. Where other programs run, each job has a folder of its own, and nothing is left. */
    private readonly clearEnvironment: () => Promise<ClearedEnvironment> = async () => NOTHING_REMAINING,
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

  /**
   * Removes what former jobs left. Must be called before the row is taken.
   *
   * @throws TransientError when something stays: the environment is discarded and the job gets its next attempt
   */
  async prepare(): Promise<void> {
    const { processes, files, areProcessesGone, areFilesGone } = await this.clearEnvironment();
    if (processes + files > 0) log.warn("ENVIRONMENT_FOUND_USED", { processes, files });
    if (areProcessesGone && areFilesGone) return;
    this.giveUp(!areProcessesGone, !areFilesGone);
    throw new TransientError("This environment could not be cleaned before its job, and is discarded");
  }

  /** Ends every process of the job and removes every file. An environment that cannot be cleaned is discarded. */
  async clean(root: EnvironmentRoot, processes: JobProcesses | undefined): Promise<void> {
    const isQuiet = (await processes?.end(END_MILLISECONDS, GRACE_MILLISECONDS)) ?? true;
    const isEmpty = await emptyRoot(root);
    const isChanged = areLimitsChanged();
    if (isQuiet && isEmpty && !isChanged) return;
    this.giveUp(!isQuiet, !isEmpty, isChanged);
  }

  private giveUp(processesLeft: boolean, filesLeft: boolean, limitsChanged = false): void {
    log.error("ENVIRONMENT_NOT_CLEAN", { processesLeft, filesLeft, limitsChanged });
    this.discard();
  }
}
