import { readSpotPools } from "../../../Core/ledger/spot-pools";
import { isResting, type SpotPool } from "../../../Core/model/spot-pool";
import type { Dependencies } from "../dependencies";

/** So that a burst of starts reads the list once in each execution environment, and the list is no hot key. */
const KEPT_MILLISECONDS = 5_000;

type Reads = Pick<Dependencies, "ledger" | "clock">;

/** The pools that failed lately, as one execution environment last read them. */
export class PoolMemory {
  #readAt = Number.NEGATIVE_INFINITY;
  #pools: readonly SpotPool[] = [];

  constructor(readonly keptMilliseconds = KEPT_MILLISECONDS) {}

  /** Names of the pools that rest now. Without an answer from the ledger: as last read. */
  async resting({ ledger, clock }: Reads): Promise<readonly string[]> {
    const now = clock.now();
    if (now - this.#readAt >= this.keptMilliseconds) await this.#read(ledger, now);
    return this.#pools.filter((pool) => isResting(pool, now)).map(({ name }) => name);
  }

  /** The next question is put to the ledger. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #read(ledger: Reads["ledger"], now: number): Promise<void> {
    try {
      this.#pools = await readSpotPools(ledger);
      this.#readAt = now;
    } catch {
      // A job starts without the lessons of others.
    }
  }
}
