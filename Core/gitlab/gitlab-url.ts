import { ConfigurationError } from "../errors";

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

const isIpLiteral = (host: string): boolean => /^\d+(\.\d+){3}$/.test(host) || host.startsWith("[");

const refuse = (why: string): never => {
  throw new ConfigurationError(
    `Url ${why}: set it to GitLab's address, for example https://gitlab.example.com, in the configuration path`,
  );
};

/**
 * Checks GitLab's address (F-72): https and a host name. Plain http or an IP address only for loopback. A
 * port and a path (GitLab below a relative URL) are allowed.
 *
 * @returns the address without a slash at the end
 * @throws ConfigurationError that says what is wrong
 */
export const checkGitLabUrl = (value: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(value)) refuse("has a space or control character in it");
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return refuse("is not a valid URL");
  }
  const isLoopback = LOOPBACK_HOSTS.includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback))
    refuse("must begin with https://");
  if (url.username || url.password) refuse("must not hold a user name or password");
  if (url.search || url.hash) refuse("must not have a query or fragment");
  if (isIpLiteral(url.hostname) && !isLoopback) refuse("must name a host, not an IP address");
  if (/(^|\.)xn--/.test(url.hostname)) refuse("must be written in ASCII letters");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
};
