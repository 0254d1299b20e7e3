import { ConfigurationError } from "../errors";

/** Where metrics are sent, and with which headers; those may hold a secret. */
export interface Collector {
  /** Of the metrics, e.g. `https://otlp.example.com/v1/metrics`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const refuse = (why: string): never => {
  throw new ConfigurationError(why);
};

/** The path of the metrics is put behind the endpoint's own, as the specification says of one endpoint for all signals. */
const urlOf = (endpoint: string): string => {
  if (!URL.canParse(endpoint)) return refuse("OtlpEndpoint is not a valid URL");
  const url = new URL(endpoint);
  const isPlain = url.protocol === "http:" && LOOPBACK.includes(url.hostname);
  if (url.protocol !== "https:" && !isPlain) refuse("OtlpEndpoint must begin with https://");
  if (url.username || url.password || url.search || url.hash)
    refuse(
      "OtlpEndpoint must not hold a user, a password, a query or a fragment: headers go into OtlpHeaders",
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}/v1/metrics`;
};

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

const decoded = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
};

const headerOf = (entry: string, index: number): readonly [name: string, value: string] => {
  const equals = entry.indexOf("=");
  const name = entry.slice(0, Math.max(0, equals)).trim();
  const value = decoded(entry.slice(equals + 1).trim());
  // The entry may be a secret: only its number is said.
  if (!NAME.test(name) || value === undefined || !VALUE.test(value))
    return refuse(`OtlpHeaders: entry ${index + 1} is not name=value`);
  return [name.toLowerCase(), value];
};

/**
 * Reads the two parameters. Headers are as in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, joined by commas, values
 * percent-encoded.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 *
 * @returns undefined: there is no endpoint, and nothing is sent
 * @throws ConfigurationError without a value in its message
 */
export const collectorOf = (endpoint = "", headers = ""): Collector | undefined => {
  if (endpoint === "") return undefined;
  const entries = headers.split(",").filter((entry) => entry.trim() !== "");
  return { url: urlOf(endpoint), headers: Object.fromEntries(entries.map(headerOf)) };
};
