import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../Core/defined";
import type { SimulatorInstance, SimulatorInstanceState } from "./instance";

/** An EC2 event on the default bus (source `aws.ec2`). */
export interface Ec2Event {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources: readonly string[];
}

/** The processes of a running instance. */
export interface InstanceMachine {
  /** Ends everything that runs on it. */
  end(): Promise<void>;
  readConsole(): string;
  /** Whether its disk holds all that a runner needs. */
  hasPreparedDisk(): boolean;
}

export interface InstanceRegistryDependencies {
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;
  readonly onEvent: (event: Ec2Event) => void;
  /** `onPowerOff` is called when the machine shuts itself down. */
  readonly boot: (instance: SimulatorInstance, onPowerOff: () => void) => Promise<InstanceMachine>;
  readonly log: (message: string) => void;
}

export interface Timing {
  /** From the launch to `running`. */
  readonly pendingMs: number;
  /** From the launch until DescribeInstances shows the instance, since EC2 is eventually consistent. */
  readonly hiddenMs: number;
  /** From the interruption warning to the termination. */
  readonly interruptionMs: number;
}

export const DEFAULT_TIMING: Timing = { pendingMs: 400, hiddenMs: 200, interruptionMs: 120_000 };

const hex = (length: number): string => randomBytes(length).toString("hex").slice(0, length);

const privateIp = (): string => `10.0.${randomBytes(1)[0]}.${randomBytes(1)[0]}`;

const END_STATES: readonly SimulatorInstanceState[] = ["shutting-down", "terminated"];

/** All instances and their state changes. */
export class InstanceRegistry {
  timing: Timing = DEFAULT_TIMING;
  private readonly instances = new Map<string, SimulatorInstance>();
  private readonly machines = new Map<string, InstanceMachine>();
  private readonly endings = new Map<string, Promise<void>>();
  private isClosed = false;

  constructor(private readonly dependencies: InstanceRegistryDependencies) {}

  all(): readonly SimulatorInstance[] {
    return [...this.instances.values()];
  }

  get(instanceId: string): SimulatorInstance | undefined {
    return this.instances.get(instanceId);
  }

  /** Whether DescribeInstances shows the instance yet. */
  isVisible(instance: SimulatorInstance): boolean {
    return this.dependencies.now() - instance.launchedAt >= this.timing.hiddenMs;
  }

  /** Instances that EC2 would charge for. */
  living(boughtAs?: SimulatorInstance["boughtAs"]): readonly SimulatorInstance[] {
    return this.all().filter(
      (instance) =>
        !END_STATES.includes(instance.state) && (boughtAs === undefined || instance.boughtAs === boughtAs),
    );
  }

  launch(
    plan: Omit<SimulatorInstance, "instanceId" | "reservationId" | "launchedAt" | "privateIp" | "state">,
  ): SimulatorInstance {
    const instance: SimulatorInstance = {
      ...plan,
      instanceId: `i-${hex(17)}`,
      reservationId: `r-${hex(17)}`,
      launchedAt: this.dependencies.now(),
      privateIp: privateIp(),
      state: "pending",
    };
    this.instances.set(instance.instanceId, instance);
    this.publishState(instance);
    void this.start(instance.instanceId);
    return instance;
  }

  /** Ends an instance as EC2 does: `shutting-down`, end of its processes, `terminated`. A second call waits for the first. */
  end(instanceId: string, final: "terminated" | "stopped", reason: string): Promise<void> {
    const instance = this.instances.get(instanceId);
    if (instance === undefined || instance.state === "terminated") return Promise.resolve();
    const underWay = this.endings.get(instanceId);
    if (underWay) return underWay;
    const ending = this.finish(instanceId, final, reason).finally(() => this.endings.delete(instanceId));
    this.endings.set(instanceId, ending);
    return ending;
  }

  /** Warns of a spot interruption and terminates the instance two minutes later. */
  interrupt(instanceId: string): void {
    const at = this.dependencies.now() + this.timing.interruptionMs;
    const instance = this.change(instanceId, { interruptedAt: at });
    if (instance === undefined) return;
    this.publish(instance, "EC2 Spot Instance Interruption Warning", {
      "instance-id": instanceId,
      "instance-action": "terminate",
    });
    const take = () => this.end(instanceId, "terminated", "Server.SpotInstanceTermination");
    setTimeout(() => void take(), this.timing.interruptionMs).unref();
  }

  rebalance(instanceId: string): void {
    const instance = this.change(instanceId, { isRebalanceRecommended: true });
    if (instance === undefined) return;
    this.publish(instance, "EC2 Instance Rebalance Recommendation", { "instance-id": instanceId });
  }

  /** The end of the instance's console output. */
  console(instanceId: string): string {
    return this.machines.get(instanceId)?.readConsole() ?? this.instances.get(instanceId)?.console ?? "";
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(
      this.all().map(({ instanceId }) => this.end(instanceId, "terminated", "the simulator ends")),
    );
  }

  private async start(instanceId: string): Promise<void> {
    await sleep(this.timing.pendingMs);
    if (this.instances.get(instanceId)?.state !== "pending") return;
    const instance = this.change(instanceId, { state: "running" });
    if (instance === undefined) return;
    this.publishState(instance);
    const onPowerOff = (): void => {
      const final = instance.terminatesOnShutdown ? "terminated" : "stopped";
      void this.end(instanceId, final, "Client.InstanceInitiatedShutdown");
    };
    const machine = await this.dependencies.boot(instance, onPowerOff);
    this.machines.set(instanceId, machine);
    // The instance may have been ended during its boot.
    if (this.instances.get(instanceId)?.state !== "running") await machine.end();
  }

  private async finish(instanceId: string, final: "terminated" | "stopped", reason: string): Promise<void> {
    const ending = this.change(instanceId, {
      state: final === "terminated" ? "shutting-down" : "stopping",
      stateReason: reason,
      shutDownAt: this.dependencies.now(),
    });
    if (ending) this.publishState(ending);
    const machine = this.machines.get(instanceId);
    await machine?.end();
    const ended = this.change(instanceId, {
      state: final,
      ...defined({ console: machine?.readConsole(), hasPreparedDisk: machine?.hasPreparedDisk() }),
    });
    // Only now: until here the console was read from the machine.
    this.machines.delete(instanceId);
    if (ended) this.publishState(ended);
  }

  private change(instanceId: string, patch: Partial<SimulatorInstance>): SimulatorInstance | undefined {
    const before = this.instances.get(instanceId);
    if (before === undefined || before.state === "terminated") return undefined;
    const after = { ...before, ...patch };
    this.instances.set(instanceId, after);
    return after;
  }

  private publishState(instance: SimulatorInstance): void {
    this.dependencies.log(`${instance.instanceId} ${instance.state}`);
    this.publish(instance, "EC2 Instance State-change Notification", {
      "instance-id": instance.instanceId,
      state: instance.state,
    });
  }

  private publish(
    { instanceId }: SimulatorInstance,
    detailType: string,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    if (this.isClosed) return;
    const arn = `arn:aws:ec2:${this.dependencies.region}:${this.dependencies.accountId}:instance/${instanceId}`;
    this.dependencies.onEvent({ detailType, detail, resources: [arn] });
  }
}
