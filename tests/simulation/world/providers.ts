import type { BootstrapRow } from "../../../Core/model/bootstrap-row";
import type { StartedRunner, Time } from "../../../Core/model/ledger";
import type { Bus } from "./bus";
import { type Checks, isLive } from "./checks";
import type { Ec2, SimulatedInstance } from "./ec2";
import type { LambdaQueue } from "./lambda";
import type { Machines } from "./machines";
import type { SimulatedMicroVm } from "./microvms";
import { ROLE_ID } from "./ports";
import type { Random } from "./random";
import type { InvocationStatus, Reports } from "./reports";
import { KINDS } from "./stack";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

const ASKS_FOR_ROW = 120_000;
const ROW_AGAIN = 5_000;
const WARNING = 120_000;

export interface ProvidersParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly table: Table;
  readonly lambda: LambdaQueue;
  readonly ec2: Ec2;
  readonly machines: Machines;
  readonly checks: Checks;
  readonly bus: Bus;
  readonly reports: Reports;
}

/** Makes runner processes of launches, and EC2 events of instance changes. */
export class Providers {
  /** Runner functions that count against the limits: runner id → class. */
  readonly #functions = new Map<number, string>();

  /** Spot instances with a notice of their interruption. */
  readonly #noticed = new WeakSet<SimulatedInstance>();

  constructor(readonly parts: ProvidersParts) {}

  /** The runner function takes its row; a second delivery finds none and ends. */
  invoke(runner: StartedRunner): { readonly kind: "launched"; readonly resourceId: string } {
    const { nonce, runnerId, classKey } = runner;
    const { timeline, reports } = this.parts;
    const requestId = reports.newRequestId();
    this.parts.lambda.invoke((free) => {
      const stream = reports.newStream();
      const done = (status: InvocationStatus = "success"): void => {
        free();
        reports.ended(requestId, stream, status);
      };
      const row = this.parts.table.take(nonce);
      if (row === undefined) {
        return timeline.after(300, () => {
          free();
          reports.foundNoRow(requestId, stream);
        });
      }
      this.parts.checks.count(classKey, 1);
      this.#functions.set(runnerId, classKey);
      this.parts.machines.start("LAMBDA", `lambda:${runnerId}`, row, (status) => {
        this.uncount(runnerId);
        done(status);
      });
    });
    return { kind: "launched", resourceId: requestId };
  }

  /** A function counts until its record is deleted: after that it can get no job. */
  uncount(runnerId: number): void {
    const classKey = this.#functions.get(runnerId);
    if (classKey === undefined) return;
    this.#functions.delete(runnerId);
    this.parts.checks.count(classKey, -1);
  }

  /** As the record of its runner tells, or its size. */
  #classOf({ memoryMiB, payload }: SimulatedMicroVm): string {
    const job = this.parts.checks.seen.gitLab.madeFor(payload.runnerId);
    if (job?.name === KINDS.kept.name) return "MICROVM#kept";
    return memoryMiB === 1024 ? "MICROVM#elastic" : "MICROVM#default";
  }

  /** Nobody but us and its maximum duration ends a VM: it outlives its runner. */
  microVmChanged(vm: SimulatedMicroVm): void {
    const { checks, machines } = this.parts;
    if (vm.state === "PENDING") checks.count(this.#classOf(vm), 1);
    if (vm.state === "RUNNING") this.#runOnMicroVm(vm);
    if (vm.state === "SUSPENDED") checks.keeping(vm.id, machines.byResource.get(vm.id)?.row.runnerId);
    if (vm.state !== "TERMINATING" && vm.state !== "SUSPENDED") return;
    this.#uncountMicroVm(vm);
    const machine = machines.byResource.get(vm.id);
    if (machine !== undefined && !machine.isGone) machines.kill(machine);
  }

  readonly #uncounted = new WeakSet<SimulatedMicroVm>();

  /** A suspended VM has left its slot, and is terminated later. */
  #uncountMicroVm(vm: SimulatedMicroVm): void {
    if (this.#uncounted.has(vm)) return;
    this.#uncounted.add(vm);
    this.parts.checks.count(this.#classOf(vm), -1);
  }

  /** The program in the image starts its runner with what it was handed. */
  #runOnMicroVm(vm: SimulatedMicroVm): void {
    const { payload } = vm;
    const row = {
      ...payload,
      key: "",
      provider: "MICROVM" as const,
      privileged: payload.privileged ?? false,
      ttl: 0,
    };
    this.parts.timeline.after(this.parts.random.between(400, 1_200), () => {
      if (vm.state === "RUNNING") this.parts.machines.start("MICROVM", vm.id, row, () => undefined);
    });
  }

  instanceChanged(instance: SimulatedInstance): void {
    const classKey = `EC2#${instance.className}`;
    if (instance.state === "pending") {
      this.parts.checks.count(classKey, 1);
      this.parts.timeline.after(this.parts.random.between(...this.parts.ec2.options.bootsWithin), () =>
        this.#boot(instance),
      );
    }
    if (instance.state === "shutting-down" || instance.state === "stopping") {
      this.parts.checks.count(classKey, -1);
      const machine = this.parts.machines.byResource.get(instance.id);
      if (machine !== undefined && !machine.isGone) this.parts.machines.kill(machine);
    }
    this.parts.bus.put({
      source: "aws.ec2",
      detailType: "EC2 Instance State-change Notification",
      detail: { "instance-id": instance.id, state: instance.state },
    });
  }

  #boot(instance: SimulatedInstance): void {
    if (instance.state !== "pending") return;
    this.parts.ec2.setState(instance, "running");
    this.#askForRow(instance, this.parts.timeline.now + ASKS_FOR_ROW);
  }

  #askForRow(instance: SimulatedInstance, until: Time): void {
    if (instance.state !== "running") return;
    const row = this.parts.table.take(`${ROLE_ID}:${instance.id}`);
    if (row !== undefined) this.#install(instance, row);
    else if (this.parts.timeline.now >= until) this.parts.ec2.shutDown(instance);
    else this.parts.timeline.after(ROW_AGAIN, () => this.#askForRow(instance, until));
  }

  /** A stock image lacks Docker and gitlab-runner: with its row read the machine installs them. */
  #install(instance: SimulatedInstance, row: BootstrapRow): void {
    const { machines, ec2, timeline } = this.parts;
    const { installSeconds } = ec2.options;
    const start = (): void => {
      if (instance.state !== "running") return;
      const leave = (): void => ec2.shutDown(instance);
      const machine = machines.start("EC2", instance.id, row, leave, installSeconds);
      if (this.#noticed.has(instance)) machines.noticed(machine);
    };
    if (installSeconds === 0) start();
    else timeline.after(installSeconds * 1_000, start);
  }

  /** EC2 interrupts a spot instance: a warning, and its end two minutes later. */
  spotKill(instance: SimulatedInstance, warning = WARNING): void {
    if (!isLive(instance)) return;
    this.parts.bus.put({
      source: "aws.ec2",
      detailType: "EC2 Spot Instance Interruption Warning",
      detail: { "instance-id": instance.id },
    });
    this.#noticed.add(instance);
    const machine = this.parts.machines.byResource.get(instance.id);
    if (machine !== undefined) this.parts.machines.noticed(machine);
    this.parts.timeline.after(warning, () => this.parts.ec2.shutDown(instance));
  }
}
