import { isIP } from "node:net";
import { PARAMETERS } from "../../Core/configuration";
import { ConfigurationError } from "../../Core/errors";
import { addressFamily, badSourceRange, sourceRanges } from "../../Core/gitlab/source-ranges";
import { log } from "../../Core/log";
import { sourceAddressOf } from "./webhook-request";

/** Whether an HTTP API's request event (payload format 2.0) comes from an allowed address. */
export type SourceAddressCheck = (event: unknown) => boolean;

/**
 * Makes the check of a request's source address.
 *
 * @param list ranges of IPv4 and IPv6 addresses joined by commas, e.g. `34.74.90.64/28,2001:db8::/32`; empty
 *   admits every address
 * @throws ConfigurationError naming an entry that is not a range
 */
export const sourceAddressCheck = (list: string): SourceAddressCheck => {
  if (list.trim() === "") return () => true;
  const bad = badSourceRange(list);
  if (bad !== undefined) {
    throw new ConfigurationError(
      `${PARAMETERS.allowedSourceAddresses} holds ${JSON.stringify(bad)}: give ranges of addresses joined by commas, e.g. 34.74.90.64/28`,
    );
  }
  const ranges = sourceRanges(list);
  return (event) => {
    const address = sourceAddressOf(event);
    return (
      typeof address === "string" && isIP(address) !== 0 && ranges.check(address, addressFamily(address))
    );
  };
};

/** As `sourceAddressCheck`. A list that cannot be read admits nobody, and is named in the log. */
export const allowedSources = (list: string): SourceAddressCheck => {
  try {
    return sourceAddressCheck(list);
  } catch (error) {
    if (error instanceof ConfigurationError) log.error("WEBHOOK_REFUSED_ALL", { reason: error.message });
    return () => false;
  }
};
