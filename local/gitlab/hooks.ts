import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { type Counts, countUp } from "./counts";
import type { Faults } from "./faults";
import { hookHeaders, hookOf } from "./hook-of";
import { pipelineStatus } from "./jobs";
import type { Hook, Job } from "./model";
import { chance } from "./random";
import { deliveryStamp } from "./sign-hook";
import type { World } from "./world";

/** How hooks behave when no fault is set: a little late, now and then twice or out of order, as GitLab's do. */
export interface HookTiming {
  /** From and to. */
  readonly delayMs: readonly [number, number];
  /** Part of the hooks that come twice. */
  readonly repeat: number;
  /** Part of the hooks that are late by up to `lateMs`, and so out of order. */
  readonly late: number;
  readonly lateMs: number;
  /** The same seed gives the same delays, repeats and losses for the same job ids. */
  readonly seed: number;
  /** GitLab.com switches a hook off for a while after four failures in a row. Off by default, as self-managed. */
  readonly autoDisable: boolean;
}

export const DEFAULT_TIMING: HookTiming = {
  delayMs: [10, 120],
  repeat: 0.03,
  late: 0.03,
  lateMs: 1_500,
  seed: 1,
  autoDisable: false,
};

/** GitLab's `webhook_timeout`. */
const TIMEOUT_MS = 10_000;
const FAILURES_BEFORE_DISABLING = 4;

interface Delivery {
  readonly hook: Hook;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** Sends job hooks; no retry, as GitLab does none. */
export class HookSender {
  readonly #world: World;
  readonly #url: () => string;
  readonly #faults: Faults;
  readonly #counts: Counts;
  readonly #timing: HookTiming;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 25 });
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(parts: {
    world: World;
    url: () => string;
    faults: Faults;
    counts: Counts;
    timing: HookTiming;
  }) {
    this.#world = parts.world;
    this.#url = parts.url;
    this.#faults = parts.faults;
    this.#counts = parts.counts;
    this.#timing = parts.timing;
  }

  /** The payload is built now, as GitLab does; it leaves later. */
  jobChanged(job: Job): void {
    countUp(this.#counts.hooks.byStatus, job.status);
    const payload = hookOf(this.#url(), job, pipelineStatus(job.pipeline));
    const body = JSON.stringify(payload);
    for (const hook of this.#world.hooks.values()) {
      const isInReach = hook.projectId === undefined || hook.projectId === job.pipeline.projectId;
      if (isInReach && hook.events.has("job_events") && !this.#isDisabled(hook))
        this.#schedule(hook, job, body);
    }
  }

  #schedule(hook: Hook, job: Job, body: string): void {
    const roll = (purpose: string) => chance(this.#timing.seed, purpose, hook.id, job.id, job.status);
    const settings = this.#faults.settings;
    this.#counts.hooks.due += 1;
    if (roll("lose") < (settings.lose ?? 0)) {
      this.#counts.hooks.lost += 1;
      return;
    }
    const delivery = { hook, body, headers: this.#headers(hook) };
    this.#later(this.#delay(roll, "first"), delivery);
    if (roll("repeat") < (settings.repeat ?? this.#timing.repeat)) {
      this.#counts.hooks.repeated += 1;
      this.#later(this.#delay(roll, "second"), delivery);
    }
  }

  #delay(roll: (purpose: string) => number, which: string): number {
    const [from, to] = this.#faults.settings.delayMs ?? this.#timing.delayMs;
    const isLate = roll(`late ${which}`) < this.#timing.late;
    return (
      from + roll(`delay ${which}`) * (to - from) + (isLate ? roll(`by ${which}`) * this.#timing.lateMs : 0)
    );
  }

  #headers(hook: Hook): Record<string, string> {
    const ids = { event: randomUUID(), delivery: randomUUID(), idempotencyKey: randomUUID() };
    const secret = hook.token ? { "x-gitlab-token": hook.token } : {};
    return { ...hookHeaders(this.#url(), ids), ...secret };
  }

  #later(milliseconds: number, delivery: Delivery): void {
    if (this.#isClosed) return;
    const callOff = this.#world.clock.after(milliseconds, () => {
      this.#waiting.delete(callOff);
      void this.send(delivery);
    });
    this.#waiting.add(callOff);
  }

  /** Sends at once. @returns the status answered; undefined when there was no answer in ten seconds */
  async send(delivery: Delivery): Promise<number | undefined> {
    if (this.#isClosed) return undefined;
    if (this.#faults.errorNow("hooks") !== undefined) {
      this.#counts.hooks.lost += 1;
      return undefined;
    }
    this.#counts.hooks.sent += 1;
    const status = await post(this.#agent, this.#stamped(delivery));
    this.#note(delivery.hook, status !== undefined && status < 300);
    return status;
  }

  #stamped({ hook, body, headers }: Delivery): Delivery {
    const stamp = deliveryStamp(
      hook.signingToken,
      headers["webhook-id"] ?? "",
      body,
      this.#world.clock.now(),
    );
    return { hook, body, headers: { ...headers, ...stamp } };
  }

  /** A test delivery, as the hook's page in GitLab offers. */
  test(hook: Hook, job: Job): Promise<number | undefined> {
    const body = JSON.stringify(hookOf(this.#url(), job, pipelineStatus(job.pipeline)));
    return this.send({ hook, body, headers: this.#headers(hook) });
  }

  #note(hook: Hook, isAccepted: boolean): void {
    this.#counts.hooks[isAccepted ? "accepted" : "failed"] += 1;
    hook.failures = isAccepted ? 0 : hook.failures + 1;
    const rounds = hook.failures - FAILURES_BEFORE_DISABLING;
    const offMs = rounds < 0 ? 0 : Math.min(60_000 * 2 ** rounds, 86_400_000);
    hook.disabledUntil = offMs === 0 ? undefined : this.#world.clock.now() + offMs;
  }

  #isDisabled(hook: Hook): boolean {
    return this.#timing.autoDisable && (hook.disabledUntil ?? 0) > this.#world.clock.now();
  }

  close(): void {
    this.#isClosed = true;
    for (const callOff of this.#waiting) callOff();
    this.#agent.destroy();
  }
}

const post = (agent: Agent, delivery: Delivery): Promise<number | undefined> =>
  new Promise((resolve) => {
    const headers = { ...delivery.headers, "content-length": String(Buffer.byteLength(delivery.body)) };
    const call = request(delivery.hook.url, { method: "POST", agent, headers }, (answer) => {
      answer.on("error", () => resolve(undefined));
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    call.setTimeout(TIMEOUT_MS, () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.on("close", () => resolve(undefined));
    call.end(delivery.body);
  });
