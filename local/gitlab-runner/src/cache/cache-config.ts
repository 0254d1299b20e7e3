import type { TomlTable } from "smol-toml";

/** `[runners.cache]` of type s3. */
export interface CacheConfig {
  readonly path: string;
  readonly bucket: string;
  readonly region: string;
  /** E.g. `http://127.0.0.1:4566`. Absent: AWS's own. */
  readonly endpoint?: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const isTable = (value: unknown): value is TomlTable => typeof value === "object" && value !== null;
const text = (table: TomlTable, key: string): string => (typeof table[key] === "string" ? table[key] : "");

/**
 * The cache in S3 of a `[[runners]]` entry. Undefined without one, and for a cache that the jobs do not share: that of one
 * runner, which on a machine for one job would be empty.
 */
export const cacheConfig = ({ cache }: TomlTable): CacheConfig | undefined => {
  if (!isTable(cache) || cache.Type !== "s3" || cache.Shared !== true || !isTable(cache.s3)) return undefined;
  const { s3 } = cache;
  const server = text(s3, "ServerAddress");
  const sessionToken = text(s3, "SessionToken");
  return {
    path: text(cache, "Path"),
    bucket: text(s3, "BucketName"),
    region: text(s3, "BucketLocation"),
    ...(server === "" ? {} : { endpoint: `${s3.Insecure === true ? "http" : "https"}://${server}` }),
    credentials: {
      accessKeyId: text(s3, "AccessKey"),
      secretAccessKey: text(s3, "SecretKey"),
      ...(sessionToken === "" ? {} : { sessionToken }),
    },
  };
};
