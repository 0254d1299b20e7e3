import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../Core/defined";
import type { SimulatorInstance, SimulatorInstanceState } from "./instance";

/** An event of EC2's, as it appears on the default bus with source `aws.ec2`. */
export interface Ec2Event {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources: readonly string[];
}

/** What runs on an instance: started when it is running, ended when it goes. */
export interface InstanceMachine {
  /** Ends everything that runs on it. */
  end(): Promise<void>;
  readConsole(): string;
}

export interface InstanceRegistryDependencies {
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;
  readonly onEvent: (event: Ec2Event) => void;
  /** `onPowerOff`: the machine has switched itself off. */
  readonly boot: (instance: SimulatorInstance, onPowerOff: () => void) => Promise<InstanceMachine>;
  readonly log: (message: string) => void;
}

export interface Timing {
  /** From the launch to `running`. */
  readonly pendingMs: number;
  /** From the launch until DescribeInstances shows the instance: EC2 is eventually consistent. */
  readonly hiddenMs: number;
  /** From the notice of an interruption to the end. */
  readonly interruptionMs: number;
}

export const DEFAULT_TIMING: Timing = { pendingMs: 400, hiddenMs: 200, interruptionMs: 120_000 };

const hex = (length: number): string => randomBytes(length).toString("hex").slice(0, length);

const privateIp = (): string => `10.0.${randomBytes(1)[0]}.${randomBytes(1)[0]}`;

const END_STATES: readonly SimulatorInstanceState[] = ["shutting-down", "terminated"];

/** All instances and what becomes of them. */
export class InstanceRegistry {
  timing: Timing = DEFAULT_TIMING;
  private readonly instances = new Map<string, SimulatorInstance>();
  private readonly machines = new Map<string, InstanceMachine>();
  private readonly endings = new Map<string, Promise<void>>();
  private isClosed = false;

  constructor(private readonly parts: InstanceRegistryDependencies) {}

  all(): readonly SimulatorInstance[] {
    return [...this.instances.values()];
  }

  get(instanceId: string): SimulatorInstance | undefined {
    return this.instances.get(instanceId);
  }

  /** Whether DescribeInstances shows it by now. */
  isVisible(instance: SimulatorInstance): boolean {
    return this.parts.now() - instance.launchedAt >= this.timing.hiddenMs;
  }

  /** Instances that are paid for. */
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
      launchedAt: this.parts.now(),
      privateIp: privateIp(),
      state: "pending",
    };
    this.instances.set(instance.instanceId, instance);
    this.tell(instance);
    void this.start(instance.instanceId);
    return instance;
  }

  /** Ends an instance as EC2 does: `shutting-down`, its processes, `terminated`. A second call waits for the first. */
  end(instanceId: string, final: "terminated" | "stopped", reason: string): Promise<void> {
    const instance = this.instances.get(instanceId);
    if (instance === undefined || instance.state === "terminated") return Promise.resolve();
    const underWay = this.endings.get(instanceId);
    if (underWay) return underWay;
    const ending = this.finish(instanceId, final, reason).finally(() => this.endings.delete(instanceId));
    this.endings.set(instanceId, ending);
    return ending;
  }

  /** The notice of a spot interruption, and two minutes later the end. */
  interrupt(instanceId: string): void {
    const at = this.parts.now() + this.timing.interruptionMs;
    const instance = this.change(instanceId, { interruptedAt: at });
    if (instance === undefined) return;
    this.put(instance, "EC2 Spot Instance Interruption Warning", {
      "instance-id": instanceId,
      "instance-action": "terminate",
    });
    const take = () => this.end(instanceId, "terminated", "Server.SpotInstanceTermination");
    setTimeout(() => void take(), this.timing.interruptionMs).unref();
  }

  rebalance(instanceId: string): void {
    const instance = this.change(instanceId, { isRebalanceRecommended: true });
    if (instance === undefined) return;
    this.put(instance, "EC2 Instance Rebalance Recommendation", { "instance-id": instanceId });
  }

  /** The last of what the instance has written to its console. */
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
    this.tell(instance);
    const onPowerOff = (): void => {
      const final = instance.terminatesOnShutdown ? "terminated" : "stopped";
      void this.end(instanceId, final, "Client.InstanceInitiatedShutdown");
    };
    const machine = await this.parts.boot(instance, onPowerOff);
    this.machines.set(instanceId, machine);
    // It may have been ended while it was booting.
    if (this.instances.get(instanceId)?.state !== "running") await machine.end();
  }

  private async finish(instanceId: string, final: "terminated" | "stopped", reason: string): Promise<void> {
    const leaving = this.change(instanceId, {
      state: final === "terminated" ? "shutting-down" : "stopping",
      stateReason: reason,
    });
    if (leaving) this.tell(leaving);
    const machine = this.machines.get(instanceId);
    await machine?.end();
    const gone = this.change(instanceId, {
      state: final,
      ...defined({ console: machine?.readConsole() }),
    });
    // Until here its console is the machine's.
    this.machines.delete(instanceId);
    if (gone) this.tell(gone);
  }

  private change(instanceId: string, patch: Partial<SimulatorInstance>): SimulatorInstance | undefined {
    const before = this.instances.get(instanceId);
    if (before === undefined || before.state === "terminated") return undefined;
    const after = { ...before, ...patch };
    this.instances.set(instanceId, after);
    return after;
  }

  private tell(instance: SimulatorInstance): void {
    this.parts.log(`${instance.instanceId} ${instance.state}`);
    this.put(instance, "EC2 Instance State-change Notification", {
      "instance-id": instance.instanceId,
      state: instance.state,
    });
  }

  private put(
    { instanceId }: SimulatorInstance,
    detailType: string,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    if (this.isClosed) return;
    const arn = `arn:aws:ec2:${this.parts.region}:${this.parts.accountId}:instance/${instanceId}`;
    this.parts.onEvent({ detailType, detail, resources: [arn] });
  }
}
