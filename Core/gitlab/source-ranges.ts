import { BlockList, isIP } from "node:net";

const RANGE = /^([\d.]{7,15}|[\da-fA-F:.]{2,45})\/(\d{1,3})$/;
const LONGEST_PREFIX: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** The family of an address, as `BlockList` names it. */
export const addressFamily = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");

const partsOf = (text: string): { readonly address: string; readonly prefix: number } | undefined => {
  const [, address = "", prefix = ""] = RANGE.exec(text) ?? [];
  const longest = LONGEST_PREFIX[isIP(address)];
  return longest === undefined || Number(prefix) > longest ? undefined : { address, prefix: Number(prefix) };
};

const entries = (list: string): readonly string[] => list.split(",").map((each) => each.trim());

/** The first entry of a list that is no range; undefined: the list is right, or empty. */
export const badSourceRange = (list: string): string | undefined =>
  list.trim() === "" ? undefined : entries(list).find((each) => partsOf(each) === undefined);

/**
 * Ranges of IPv4 and IPv6 addresses.
 *
 * @param list joined by commas, e.g. `34.74.90.64/28,2001:db8::/32`; entries that are none are passed over
 */
export const sourceRanges = (list: string): BlockList => {
  const ranges = new BlockList();
  for (const { address, prefix } of entries(list).flatMap((each) => partsOf(each) ?? []))
    ranges.addSubnet(address, prefix, addressFamily(address));
  return ranges;
};
