import { GetProductsCommand, PricingClient } from "@aws-sdk/client-pricing";
import { CLIENT_SETTINGS } from "../client-settings";
import type { PricingApi } from "./client";

/** Imported by `client.ts` alone. */
export const pricingSdk = (region: string): PricingApi => {
  const client = new PricingClient({ ...CLIENT_SETTINGS, region });
  return { getProducts: (input) => client.send(new GetProductsCommand(input)) };
};
