import { log } from "../../../Core/log";
import { parseRunRequest, type RunRequest } from "./run-request";

/** What a VM does in its hooks. */
export interface LifecycleDependencies {
  /** Whether Docker answers, and all that a job needs is there. @throws Error when it never will */
  isReady(): boolean;
  /** Uses what a job will use, so that Lambda knows which parts of the snapshot to read first. */
  validate(): Promise<void>;
  /** Starts the runner in the background. */
  start(request: RunRequest): void;
}

/** Status of an answer: done, ask again, or no. */
export type HookStatus = 200 | 400 | 500 | 503;

const DONE = 200;

/**
 * The life of a VM, as Lambda calls it. What happens before the first `run` is in the snapshot, and so in every VM: nothing that
 * has to differ between them is made there. A job can call these too, so all but its first `run` changes nothing.
 */
export class Lifecycle {
  private hasRun = false;

  constructor(private readonly dependencies: LifecycleDependencies) {}

  ready(): HookStatus {
    try {
      return this.dependencies.isReady() ? DONE : 503;
    } catch (error) {
      return this.failed("ready", error);
    }
  }

  async validate(): Promise<HookStatus> {
    try {
      await this.dependencies.validate();
      return DONE;
    } catch (error) {
      return this.failed("validate", error);
    }
  }

  /** Answers before the runner has started: Lambda gives the hook seconds, and ends the VM on any answer but 200. */
  run(body: string): HookStatus {
    if (this.hasRun) return this.ignored("run");
    try {
      const request = parseRunRequest(body);
      this.hasRun = true;
      this.dependencies.start(request);
      return DONE;
    } catch (error) {
      this.failed("run", error);
      return 400;
    }
  }

  /** The VM's end is decided outside of it. */
  terminate(): HookStatus {
    return this.ignored("terminate");
  }

  private ignored(hook: string): HookStatus {
    log.warn("HOOK_IGNORED", { hook });
    return DONE;
  }

  private failed(hook: string, error: unknown): HookStatus {
    log.error("HOOK_FAILED", { hook, message: error instanceof Error ? error.message : "unknown" });
    return 500;
  }
}
