import type { KnownPrices } from "../../../Core/pricing/known-prices";
import { PRICES_RECORD, type PriceRecord, parsePriceRecord } from "../../../Core/pricing/price-record";
import type { LaunchPrices } from "../ports";

/** As often as function `keep-prices` writes the record. */
const KEPT_MILLISECONDS = 10 * 60_000;

type Reads = Parameters<LaunchPrices["pricing"]>[0];

/** The prices as one execution environment last read them. */
export class PriceMemory {
  #readAt = Number.NEGATIVE_INFINITY;
  #record: PriceRecord | undefined;

  constructor(
    readonly region: string,
    readonly keptMilliseconds = KEPT_MILLISECONDS,
  ) {}

  /** Without an answer from the ledger: as last read. It never throws: a job starts though its price is not known. */
  async known({ ledger, clock }: Reads): Promise<KnownPrices> {
    const now = clock.now();
    if (now - this.#readAt >= this.keptMilliseconds) await this.#read(ledger, now);
    const { region } = this;
    return this.#record === undefined ? { region } : { region, record: this.#record };
  }

  async #read(ledger: Reads["ledger"], now: number): Promise<void> {
    const before = this.#readAt;
    // Other starts of this environment do not ask meanwhile.
    this.#readAt = now;
    try {
      this.#record = parsePriceRecord((await ledger.stateRecord(PRICES_RECORD))?.value);
    } catch {
      this.#readAt = before;
    }
  }
}
