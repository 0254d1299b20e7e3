import { createHash } from "node:crypto";

/**
 * What counts are kept by. Each end of a runner and each pick-up adds to one item, and each day has sixteen of them for
 * the same thing, so that a burst does not meet at one.
 */
export interface UsageKey {
  /** UTC, `yyyy-mm-dd`. */
  readonly day: string;
  /** 0 to 15. */
  readonly shard: number;
  /** 0: unknown. */
  readonly projectId: number;
  /** E.g. `EC2#big`. */
  readonly classKey: string;
  readonly market: UsageMarket;
  readonly jobName: string;
}

/** How a runner was bought. `unknown`: it was never launched, or nobody knows. */
export const USAGE_MARKETS = ["spot", "on-demand", "lambda", "microvm", "unknown"] as const;
export type UsageMarket = (typeof USAGE_MARKETS)[number];

/** What a key says without its shard. */
export type UsageSubject = Omit<UsageKey, "shard">;

/** The most of a job's name that is part of a key; of longer names a digest makes the key unique. */
const MAX_NAME_BYTES = 400;

const SHARD_DIGITS = 2;

export const usagePk = (day: string, shard: number): string =>
  `usage#${day}#${String(shard).padStart(SHARD_DIGITS, "0")}`;

/** What all sort keys of a project begin with. */
export const projectPrefix = (projectId: number): string => `${projectId}#`;

const digest = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);

const encodeUnit = (unit: string): string => {
  if (unit.length === 2) return unit;
  if (unit === "%") return "%25";
  if (unit === "#") return "%23";
  return `%u${unit.charCodeAt(0).toString(16).toUpperCase()}`;
};

/** A whole surrogate pair first, so that only a lone half is encoded: UTF-8 cannot hold one. */
const TO_ENCODE = /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff%#]/g;
const ENCODED = /%(25|23|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/** As much of a text as fits, cut between characters. */
const beginning = (text: string, bytes: number): string => {
  let taken = "";
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    taken += character;
  }
  return taken;
};

/** `%~` is no encoding: only a name that was too long has it. */
const encodeName = (name: string): string => {
  const encoded = name.replace(TO_ENCODE, encodeUnit);
  if (Buffer.byteLength(encoded) <= MAX_NAME_BYTES) return encoded;
  return `${beginning(name, MAX_NAME_BYTES / 4).replace(TO_ENCODE, encodeUnit)}%~${digest(name)}`;
};

const decodeName = (text: string): string =>
  text
    .replace(/%~[0-9a-f]{32}$/, "…")
    .replace(ENCODED, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code.startsWith("u") ? code.slice(1) : code, 16)),
    );

/** @example usageSk({ projectId: 42, classKey: "EC2#big", market: "spot", jobName: "a#b", … }) === "42#EC2#big#spot#a%23b" */
export const usageSk = ({ projectId, classKey, market, jobName }: UsageSubject): string =>
  `${projectPrefix(projectId)}${classKey}#${market}#${encodeName(jobName)}`;

/** The item's key in the ledger table. */
export const usageKey = (key: UsageKey): { readonly pk: string; readonly sk: string } => ({
  pk: usagePk(key.day, key.shard),
  sk: usageSk(key),
});

const SORT_KEY = /^(\d+)#([A-Z0-9]+#[^#]+)#([a-z-]+)#([^#]*)$/s;

/** Reads a sort key back. Undefined: it is none that this version writes. */
export const readUsageSk = (day: string, sk: string): UsageSubject | undefined => {
  const [, projectId, classKey, market, name] = SORT_KEY.exec(sk) ?? [];
  const known = USAGE_MARKETS.find((each) => each === market);
  if (classKey === undefined || known === undefined || name === undefined) return undefined;
  return { day, projectId: Number(projectId), classKey, market: known, jobName: decodeName(name) };
};
