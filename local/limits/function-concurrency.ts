import type { AccountLimits, LimitKey } from "./account-limits";

/** Leaves the place that a call had. */
export type Leave = () => void;

export type Entry = { readonly leave: Leave } | { readonly refusedBy: LimitKey };

/**
 * The concurrent executions of all functions of an account, and the environments of functions that isolate tenants: each
 * of their calls here is a tenant's first and only one, so its environment stays, idle, until Lambda takes it away.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class FunctionConcurrency {
  #executing = 0;
  #tenantsExecuting = 0;
  #idleUntil: number[] = [];

  constructor(
    private readonly limits: AccountLimits,
    private readonly now: () => number,
  ) {}

  enter(isTenant: boolean): Entry {
    if (this.#executing >= this.limits.concurrentExecutions.value)
      return { refusedBy: "concurrentExecutions" };
    if (isTenant && this.#environments() >= this.limits.tenantEnvironments.value)
      return { refusedBy: "tenantEnvironments" };
    this.#executing += 1;
    if (isTenant) this.#tenantsExecuting += 1;
    return { leave: () => this.#leave(isTenant) };
  }

  #environments(): number {
    this.#idleUntil = this.#idleUntil.filter((until) => until > this.now());
    return this.#tenantsExecuting + this.#idleUntil.length;
  }

  #leave(isTenant: boolean): void {
    this.#executing -= 1;
    if (!isTenant) return;
    this.#tenantsExecuting -= 1;
    this.#idleUntil.push(this.now() + this.limits.tenantIdleSeconds.value * 1_000);
  }
}
