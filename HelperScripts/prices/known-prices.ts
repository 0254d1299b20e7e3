import type { KnownPrices } from "../../Core/pricing/known-prices";
import { PRICES_RECORD, parsePriceRecord } from "../../Core/pricing/price-record";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { ledgerReader } from "../ledger/ledger-reader";

/** The prices that the deployment's starts go by. */
export const knownPrices = async (context: Context, deployment: Deployment): Promise<KnownPrices> => {
  const stored = await ledgerReader(context, deployment).stateRecord(PRICES_RECORD);
  const record = parsePriceRecord(stored?.value);
  const { region } = deployment.home;
  return record === undefined ? { region } : { region, record };
};
