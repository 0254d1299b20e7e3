/** Timers by name. Setting one again restarts it. */
export class Timers {
  private readonly cancels = new Map<string, () => void>();

  /** @param after calls back after so many milliseconds, unless the returned function is called before */
  constructor(private readonly after: (milliseconds: number, call: () => void) => () => void) {}

  set(name: string, milliseconds: number, call: () => void): void {
    this.clear(name);
    this.cancels.set(name, this.after(milliseconds, call));
  }

  /** True from `set` until `clear`, also after the timer has fired. */
  has(name: string): boolean {
    return this.cancels.has(name);
  }

  clear(...names: readonly string[]): void {
    for (const name of names) {
      this.cancels.get(name)?.();
      this.cancels.delete(name);
    }
  }

  clearAll(): void {
    this.clear(...this.cancels.keys());
  }
}
