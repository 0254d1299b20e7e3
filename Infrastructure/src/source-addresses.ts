import { BlockList, isIP } from "node:net";
import { PARAMETERS } from "../../Core/configuration";
import { ConfigurationError } from "../../Core/errors";
import { log } from "../../Core/log";
import { sourceAddressOf } from "./webhook-request";

const RANGE = /^([\d.]{7,15}|[\da-fA-F:.]{2,45})\/(\d{1,3})$/;
const LONGEST_PREFIX: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");

const addRange = (ranges: BlockList, text: string): void => {
  const [, address = "", prefix = ""] = RANGE.exec(text) ?? [];
  const longest = LONGEST_PREFIX[isIP(address)];
  if (longest === undefined || Number(prefix) > longest) {
    throw new ConfigurationError(
      `${PARAMETERS.allowedSourceAddresses} holds ${JSON.stringify(text)}: give ranges of addresses joined by commas, e.g. 34.74.90.64/28`,
    );
  }
  ranges.addSubnet(address, Number(prefix), familyOf(address));
};

const rangesOf = (list: string): BlockList => {
  const ranges = new BlockList();
  for (const text of list.split(",")) addRange(ranges, text.trim());
  return ranges;
};

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
  const ranges = rangesOf(list);
  return (event) => {
    const address = sourceAddressOf(event);
    return typeof address === "string" && isIP(address) !== 0 && ranges.check(address, familyOf(address));
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
