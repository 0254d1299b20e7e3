import { BlockList, isIP } from "node:net";
import { ConfigurationError } from "../../Core/errors";
import { sourceAddressOf } from "./webhook-request";

const RANGE = /^([\d.]{7,15}|[\da-fA-F:.]{2,45})\/(\d{1,3})$/;
const LONGEST_PREFIX: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");

const addRange = (ranges: BlockList, text: string): void => {
  const [, address = "", prefix = ""] = RANGE.exec(text) ?? [];
  const longest = LONGEST_PREFIX[isIP(address)];
  if (longest === undefined || Number(prefix) > longest) {
    throw new ConfigurationError(
      `AllowedSourceAddresses holds ${JSON.stringify(text)}: give ranges of addresses joined by commas, e.g. 34.74.90.64/28`,
    );
  }
  ranges.addSubnet(address, Number(prefix), familyOf(address));
};

const rangesOf = (list: string): BlockList => {
  const ranges = new BlockList();
  for (const text of list.split(",")) addRange(ranges, text.trim());
  return ranges;
};

/**
 * Makes the check of a request's source address.
 *
 * @param list ranges of IPv4 and IPv6 addresses joined by commas, e.g. `34.74.90.64/28,2001:db8::/32`; empty
 *   admits every address
 * @returns a function: true if an HTTP API's request event (payload format 2.0) comes from one of the ranges.
 *   It throws ConfigurationError naming an entry that is not a range
 */
export const sourceAddressCheck = (list: string): ((event: unknown) => boolean) => {
  if (list.trim() === "") return () => true;
  let ranges: BlockList | undefined;
  return (event) => {
    ranges ??= rangesOf(list);
    const address = sourceAddressOf(event);
    return typeof address === "string" && isIP(address) !== 0 && ranges.check(address, familyOf(address));
  };
};
