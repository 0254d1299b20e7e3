import type { MicroVmApi, RunMicrovmCommandInput } from "../../../AutoScaler/src/adapters/microvm/client";
import type { MicroVmImage } from "../../../Core/microvm/image";
import type { Time } from "../../../Core/model/ledger";
import type { MicroVmPayload } from "../../../Core/model/microvm-payload";
import type { MicroVmMemory } from "../../../Core/model/runner-class";
import { TokenBucket } from "./limits/token-bucket";
import type { Random } from "./random";
import { REGION } from "./stack";
import type { Timeline } from "./timeline";

type State = "PENDING" | "RUNNING" | "SUSPENDED" | "TERMINATING" | "TERMINATED";
type ListAnswer = Awaited<ReturnType<MicroVmApi["listMicrovms"]>>;
type GetAnswer = Awaited<ReturnType<MicroVmApi["getMicrovm"]>>;
type RunAnswer = Awaited<ReturnType<MicroVmApi["runMicrovm"]>>;

/** An error as the SDK throws it. */
export const microVmError = (name: string, status = 400): Error =>
  Object.assign(new Error(`${name}, says the simulated Lambda`), {
    name,
    $metadata: { httpStatusCode: status },
  });

const arnOf = (size: MicroVmMemory): string =>
  `arn:aws:lambda:${REGION}:111122223333:microvm-image:gitlab-runners-${size}-0a1b2c3d`;

/** The sizes that MicroVmRunner was deployed with. */
export const IMAGES: ReadonlyMap<MicroVmMemory, MicroVmImage> = new Map(
  ([1024, 2048] as const).map((size) => [size, { imageArn: arnOf(size), imageVersion: "1.0" }]),
);
const SIZES = new Map([...IMAGES].map(([size, { imageArn }]) => [imageArn, size]));

export interface SimulatedMicroVm {
  readonly id: string;
  readonly imageArn: string;
  readonly memoryMiB: number;
  readonly payload: MicroVmPayload;
  readonly startedAt: Time;
  /** GetMicrovm and ListMicrovms know it from then on. */
  readonly shownFrom: Time;
  /** It ends then, whatever it does. */
  readonly endsAt: Time;
  state: State;
  /** The state that a list shows, and since when that has not been the true one. */
  listed: State;
  stateReason?: string;
  terminatedAt?: Time;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/microvms-launching.html and what others measured in 2026 (burst of 20: p95 3.59 s). */
export interface MicroVmOptions {
  /** RunMicrovm: calls a second, and as many at once. */
  readonly runsPerSecond: number;
  readonly terminationsPerSecond: number;
  readonly getsPerSecond: number;
  /** Memory of all VMs of the account that live, in MiB. */
  readonly memoryQuotaMiB: number;
  /** Milliseconds from the call until the VM runs, and how much longer it takes at most for each that starts beside it. */
  readonly startsWithin: readonly [number, number];
  readonly slowerByEach: number;
  /** Milliseconds for which a list shows the state before, and lacks a new VM. */
  readonly listLag: number;
  /** Milliseconds for which a terminated VM stays listed. */
  readonly lingers: number;
  /** Probabilities: no capacity; a VM that never answers its /run call; a list that lacks a VM, or shows a dead one as running. */
  readonly noCapacity: number;
  readonly neverRuns: number;
  readonly listLies: number;
}

export const MICROVM_DEFAULTS: MicroVmOptions = {
  runsPerSecond: 5,
  terminationsPerSecond: 10,
  getsPerSecond: 100,
  memoryQuotaMiB: 400 * 1024,
  startsWithin: [1_000, 1_700],
  slowerByEach: 75,
  listLag: 3_000,
  lingers: 3_600_000,
  noCapacity: 0,
  neverRuns: 0,
  listLies: 0,
};

/** The image's time-out of its /run call. */
const RUN_TIMEOUT = 30_000;
const PAGE = 50;
const LIVE: readonly State[] = ["PENDING", "RUNNING"];

/** Lambda's MicroVMs: client tokens with a check of their parameters, quotas, states that are seen late, lists that linger. */
export class MicroVmService {
  readonly vms = new Map<string, SimulatedMicroVm>();
  readonly #live = new Set<SimulatedMicroVm>();
  /** By image, in the order of their launch. */
  readonly #launched = new Map<string, SimulatedMicroVm[]>();
  onState: (vm: SimulatedMicroVm) => void = () => undefined;
  onMismatch: (token: string) => void = () => undefined;
  /** Whether somebody may look into the VM of this runner: its job's class asks for that, and its ref is not protected. */
  mayLetIn: (runnerId: number) => boolean = () => false;
  /** RunMicrovm calls, refused ones included. */
  runCalls = 0;
  readonly #answers = new Map<string, { readonly parameters: string; readonly id: string }>();
  readonly #runs: TokenBucket;
  readonly #terminations: TokenBucket;
  readonly #gets: TokenBucket;
  options: MicroVmOptions;

  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    options: Partial<MicroVmOptions> = {},
  ) {
    this.options = { ...MICROVM_DEFAULTS, ...options };
    this.#runs = new TokenBucket(this.options.runsPerSecond);
    this.#terminations = new TokenBucket(this.options.terminationsPerSecond);
    this.#gets = new TokenBucket(this.options.getsPerSecond);
  }

  #takeToken(bucket: TokenBucket): void {
    if (!bucket.take(this.timeline.now)) throw microVmError("ThrottlingException", 429);
  }

  live(): readonly SimulatedMicroVm[] {
    return [...this.#live];
  }

  #checkQuota(memoryMiB: number): void {
    const used = this.live().reduce((sum, vm) => sum + vm.memoryMiB, 0);
    if (used + memoryMiB > this.options.memoryQuotaMiB)
      throw microVmError("ServiceQuotaExceededException", 402);
    if (this.random.chance(this.options.noCapacity)) throw microVmError("InsufficientCapacityException", 503);
  }

  /** What the shipped provider must always say (T-27, T-28, T-35). */
  #isWrong(
    {
      ingressNetworkConnectors: [connector, ...more] = [],
      idlePolicy,
      logging,
      executionRoleArn,
    }: RunMicrovmCommandInput,
    { runnerId }: MicroVmPayload,
  ): boolean {
    const wanted = this.mayLetIn(runnerId) ? ":SHELL_INGRESS" : ":NO_INGRESS";
    const isClosed = connector?.endsWith(wanted) && more.length === 0;
    const logsWithoutRole = logging?.cloudWatch !== undefined && executionRoleArn === undefined;
    return !isClosed || idlePolicy !== undefined || logsWithoutRole;
  }

  run(input: RunMicrovmCommandInput): RunAnswer {
    this.runCalls += 1;
    this.#takeToken(this.#runs);
    const { clientToken = "", ...rest } = input;
    const parameters = JSON.stringify(rest);
    const before = this.#answers.get(clientToken);
    if (before !== undefined && before.parameters !== parameters) {
      this.onMismatch(clientToken);
      throw microVmError("ConflictException", 409);
    }
    const vm = before ? this.vms.get(before.id) : this.#launch(input);
    if (vm === undefined) throw microVmError("ResourceNotFoundException", 404);
    this.#answers.set(clientToken, { parameters, id: vm.id });
    return { $metadata: {}, ...this.#told(vm, vm.state), endpoint: "none", maximumDurationInSeconds: 0 };
  }

  #launch(input: RunMicrovmCommandInput): SimulatedMicroVm {
    const { imageIdentifier = "", runHookPayload = "", maximumDurationInSeconds = 28_800 } = input;
    const memoryMiB = SIZES.get(imageIdentifier);
    if (memoryMiB === undefined) throw microVmError("ResourceNotFoundException", 404);
    const payload = JSON.parse(runHookPayload) as MicroVmPayload;
    if (Buffer.byteLength(runHookPayload) > 4_096 || this.#isWrong(input, payload))
      throw microVmError("ValidationException");
    this.#checkQuota(memoryMiB);
    const { now } = this.timeline;
    const vm: SimulatedMicroVm = {
      id: `microvm-${(this.vms.size + 1).toString(16).padStart(8, "0")}`,
      imageArn: imageIdentifier,
      memoryMiB,
      payload,
      startedAt: now,
      shownFrom: now + this.random.between(0, this.options.listLag),
      endsAt: now + maximumDurationInSeconds * 1_000,
      state: "PENDING",
      listed: "PENDING",
    };
    this.vms.set(vm.id, vm);
    this.#live.add(vm);
    this.#launched.set(vm.imageArn, this.#launched.get(vm.imageArn) ?? []);
    this.#launched.get(vm.imageArn)?.push(vm);
    this.onState(vm);
    this.timeline.after(this.#startTakes(), () => this.#begin(vm));
    this.timeline.at(vm.endsAt, () => this.terminate(vm, "Maximum duration reached"));
    return vm;
  }

  /**
   * As others measured to the first answer, with the call's half second: p50 1.85 s and p95 2.13 s alone, 2.53 s and 3.59 s
   * in a burst of twenty.
   */
  #startTakes(): number {
    const { startsWithin, slowerByEach } = this.options;
    const beside = this.live().filter(({ state }) => state === "PENDING").length;
    return this.random.between(...startsWithin) + this.random.between(0, slowerByEach * beside);
  }

  #begin(vm: SimulatedMicroVm): void {
    if (vm.state !== "PENDING") return;
    if (!this.random.chance(this.options.neverRuns)) this.#setState(vm, "RUNNING");
    else
      this.timeline.after(RUN_TIMEOUT, () => this.terminate(vm, "Run lifecycle call did not answer in time"));
  }

  #setState(vm: SimulatedMicroVm, state: State): void {
    if (vm.state === "TERMINATED") return;
    vm.state = state;
    if (!LIVE.includes(state)) this.#live.delete(vm);
    if (state === "TERMINATED") vm.terminatedAt = this.timeline.now;
    this.timeline.after(this.random.between(0, this.options.listLag), () => {
      vm.listed = vm.state;
    });
    this.onState(vm);
  }

  terminate(vm: SimulatedMicroVm, stateReason: string): void {
    if (vm.state === "TERMINATING" || vm.state === "TERMINATED") return;
    vm.stateReason = stateReason;
    this.#setState(vm, "TERMINATING");
    this.timeline.after(this.random.between(500, 3_000), () => this.#setState(vm, "TERMINATED"));
  }

  #shown(id: string | undefined): SimulatedMicroVm {
    const vm = this.vms.get(id ?? "");
    if (vm === undefined || vm.shownFrom > this.timeline.now)
      throw microVmError("ResourceNotFoundException", 404);
    return vm;
  }

  terminateById(id: string | undefined): void {
    this.#takeToken(this.#terminations);
    const vm = this.vms.get(id ?? "");
    if (vm === undefined) throw microVmError("ResourceNotFoundException", 404);
    this.terminate(vm, "Terminated by the user");
  }

  suspend(id: string | undefined): void {
    const vm = this.#shown(id);
    if (vm.state !== "RUNNING") throw microVmError("ConflictException", 409);
    this.#setState(vm, "SUSPENDED");
  }

  get(id: string | undefined): GetAnswer {
    this.#takeToken(this.#gets);
    const vm = this.#shown(id);
    return { $metadata: {}, ...this.#told(vm, vm.state), endpoint: "none", maximumDurationInSeconds: 0 };
  }

  list(imageIdentifier: string | undefined, nextToken: string | undefined): ListAnswer {
    const { now } = this.timeline;
    const { lingers, listLies } = this.options;
    const isListed = (vm: SimulatedMicroVm): boolean =>
      vm.shownFrom <= now &&
      (vm.terminatedAt === undefined || now - vm.terminatedAt <= lingers) &&
      !this.random.chance(listLies / 2);
    const all = this.#launched.get(imageIdentifier ?? "") ?? [];
    const items: SimulatedMicroVm[] = [];
    let next = Number(nextToken ?? 0);
    for (; next < all.length && items.length < PAGE; next += 1)
      items.push(...all.slice(next, next + 1).filter(isListed));
    const state = (vm: SimulatedMicroVm): State => (this.random.chance(listLies / 2) ? "RUNNING" : vm.listed);
    return {
      $metadata: {},
      items: items.map((vm) => this.#told(vm, state(vm))),
      nextToken: next < all.length ? String(next) : undefined,
    };
  }

  #told({ id, imageArn, startedAt, stateReason }: SimulatedMicroVm, state: State) {
    return {
      microvmId: id,
      state,
      imageArn,
      imageVersion: "1.0",
      startedAt: new Date(startedAt),
      stateReason,
    };
  }
}
