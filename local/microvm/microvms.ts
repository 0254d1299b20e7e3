import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, type MicroVm, type MicroVmPlan, type MicroVmState, stateOf } from "./microvm";

/** What runs in a MicroVM. */
export interface BootedMachine {
  /** Calls the hook `run`. @throws Error that says how it failed */
  run(): Promise<void>;
  suspend(): void;
  resume(): void;
  end(): Promise<void>;
  readConsole(): string;
}

export interface MicroVmDependencies {
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly boot: (vm: MicroVm) => Promise<BootedMachine>;
  readonly log: (message: string) => void;
}

export interface MicroVmTiming {
  /** From the launch to the hook `run`: the snapshot is read. */
  readonly pendingMs: number;
  /** From the order to terminate to its end. */
  readonly terminatingMs: number;
}

/** Lambda takes 1.9 s to the first answer and 3 s to an end; the laptop has others to wait for. */
export const DEFAULT_TIMING: MicroVmTiming = { pendingMs: 300, terminatingMs: 500 };

/** All MicroVMs, those that have ended too, and their changes of state. */
export class MicroVmRegistry {
  private readonly vms = new Map<string, MicroVm>();
  private readonly machines = new Map<string, BootedMachine>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly endings = new Map<string, Promise<void>>();
  private readonly starts: Promise<void>[] = [];

  constructor(
    private readonly dependencies: MicroVmDependencies,
    private readonly timing = DEFAULT_TIMING,
  ) {}

  all(): readonly MicroVm[] {
    return [...this.vms.values()];
  }

  get(microvmId: string): MicroVm | undefined {
    return this.vms.get(microvmId);
  }

  /** MiB of memory of all that live. */
  usedMiB(): number {
    return this.all()
      .filter(isAlive)
      .reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  }

  console(microvmId: string): string {
    return this.machines.get(microvmId)?.readConsole() ?? "";
  }

  launch(plan: MicroVmPlan, memoryMiB: number): MicroVm {
    const now = this.dependencies.now();
    const vm: MicroVm = {
      ...plan,
      memoryMiB,
      microvmId: `microvm-${randomUUID()}`,
      endpoint: `${randomUUID()}.lambda-microvm.${this.dependencies.region}.on.aws`,
      startedAt: now,
      states: [["PENDING", now]],
    };
    this.vms.set(vm.microvmId, vm);
    // From its creation on, whether it runs or is suspended.
    const end = (): void => void this.terminate(vm.microvmId, "The maximum duration is over");
    this.timers.set(vm.microvmId, setTimeout(end, plan.maximumDurationInSeconds * 1_000).unref());
    this.starts.push(sleep(this.timing.pendingMs).then(() => this.start(vm.microvmId)));
    return vm;
  }

  /** A second call waits for the first. */
  terminate(microvmId: string, reason?: string): Promise<void> {
    const vm = this.vms.get(microvmId);
    if (vm === undefined || stateOf(vm) === "TERMINATED") return Promise.resolve();
    const ending = this.endings.get(microvmId) ?? this.finish(microvmId, reason);
    this.endings.set(microvmId, ending);
    return ending;
  }

  /** What runs in it stands still, and goes on: only its clock shows it. */
  suspend(microvmId: string): void {
    if (this.move(microvmId, "RUNNING", "SUSPENDED")) this.machines.get(microvmId)?.suspend();
  }

  resume(microvmId: string): void {
    if (this.move(microvmId, "SUSPENDED", "RUNNING")) this.machines.get(microvmId)?.resume();
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map(({ microvmId }) => this.terminate(microvmId, "the laptop ends")));
    await Promise.all(this.starts);
  }

  private async start(microvmId: string): Promise<void> {
    const vm = this.vms.get(microvmId);
    if (vm === undefined || stateOf(vm) !== "PENDING") return;
    try {
      const machine = await this.dependencies.boot(vm);
      this.machines.set(microvmId, machine);
      // It may have been ended during its boot.
      if (this.endings.has(microvmId)) return await machine.end();
      await machine.run();
      this.move(microvmId, "PENDING", "RUNNING");
    } catch (error) {
      await this.terminate(microvmId, error instanceof Error ? error.message : String(error));
    }
  }

  private async finish(microvmId: string, reason?: string): Promise<void> {
    clearTimeout(this.timers.get(microvmId));
    this.enter(microvmId, "TERMINATING", reason === undefined ? {} : { stateReason: reason });
    const slowly = sleep(this.timing.terminatingMs);
    await this.machines.get(microvmId)?.end();
    await slowly;
    this.enter(microvmId, "TERMINATED", { terminatedAt: this.dependencies.now() });
  }

  /** @returns whether it was in that state */
  private move(microvmId: string, from: MicroVmState, to: MicroVmState): boolean {
    const vm = this.vms.get(microvmId);
    if (vm === undefined || stateOf(vm) !== from) return false;
    this.enter(microvmId, to);
    return true;
  }

  private enter(microvmId: string, state: MicroVmState, more: Partial<MicroVm> = {}): void {
    const vm = this.vms.get(microvmId);
    if (vm === undefined) return;
    const reason = more.stateReason === undefined ? "" : `: ${more.stateReason}`;
    this.dependencies.log(`${microvmId} ${state}${reason}`);
    this.vms.set(microvmId, { ...vm, ...more, states: [...vm.states, [state, this.dependencies.now()]] });
  }
}
