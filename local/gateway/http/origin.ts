import type { HeaderMap } from "../signature/request";

const NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Why a request does not come from a tool on this machine, if it does not: a page in a browser always names its
 * origin or a foreign host (DNS rebinding), a tool never does.
 *
 * @param port that the gateway listens on
 */
export const foreign = (headers: HeaderMap, port: number): string | undefined => {
  const hosts = headers.get("host") ?? [];
  const isOurs = hosts.length === 1 && NAMES.some((name) => hosts[0]?.toLowerCase() === `${name}:${port}`);
  if (!isOurs) return "The Host is not this gateway's: use localhost and its port";
  if (headers.has("origin")) return "Requests with an Origin come from a browser, and are refused";
  return undefined;
};
