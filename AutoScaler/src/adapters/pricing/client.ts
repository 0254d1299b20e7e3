import type { GetProductsCommandInput, GetProductsCommandOutput } from "@aws-sdk/client-pricing";
import { loadLater } from "../load-later";

/** The part of the price list's API that the product uses. Errors have AWS's code as their name. */
export interface PricingApi {
  getProducts(input: GetProductsCommandInput): Promise<GetProductsCommandOutput>;
}

/**
 * The price list is served in three regions, for all of them.
 * https://docs.aws.amazon.com/general/latest/gr/billing.html
 */
export const priceListRegion = (region: string): string => {
  if (region.startsWith("ap-")) return "ap-south-1";
  return /^(eu|il|me|af)-/.test(region) ? "eu-central-1" : "us-east-1";
};

/** The price list's client, loaded with the first call. */
export const pricingClient = (region: string): PricingApi => {
  const api = loadLater("The price list's client", async () =>
    (await import("./sdk")).pricingSdk(priceListRegion(region)),
  );
  return { getProducts: async (input) => (await api.get()).getProducts(input) };
};
