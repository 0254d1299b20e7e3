import type { Provider } from "./runner-class";

/** The two parts of the cache bucket, as GitLab keeps protected refs apart. gitlab-runner's `[runners.cache] Path`. */
export type CachePath = "protected" | "unprotected";

/**
 * gitlab-runner's cache in S3. The credentials reach the objects `<path>/project/<project id>/…` alone, and end within
 * an hour.
 */
export interface RunnerCache {
  readonly bucket: string;
  readonly region: string;
  readonly path: CachePath;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * The row from which a runner gets its token, in Infrastructure's bootstrap table, key `key`. A conditional
 * delete returns it, so it is read only once. DynamoDB attribute names are these field names.
 *
 * The key is the nonce in the ledger. For EC2 it is changed to `<role id>:<instance id>`, which is the
 * instance's `aws:userid` and the only key that its role may access.
 */
export interface BootstrapRow {
  readonly key: string;
  /** GitLab's address, e.g. `https://gitlab.example.com`, without a slash at the end. */
  readonly url: string;
  /** The file of GitLab's certificate authority, PEM in base64: the machine reads no escapes. Absent: a well-known one. */
  readonly caCertificate?: string;
  /** Runner authentication token (`glrt-…`, legacy `glrtr-…`). */
  readonly token: string;
  readonly runnerId: number;
  readonly provider: Provider;
  readonly lifetimeSeconds: number;
  readonly waitTimeoutSeconds: number;
  /** The docker executor's `privileged`. */
  readonly privileged: boolean;
  /** EC2: the second part of its log stream's name (see `instanceLogStream`). */
  readonly logStream?: string;
  /** LAMBDA: a job with `image` fails instead of running without it. Absent: no. */
  readonly refuseImages?: boolean;
  /** EC2: the agent by which operators open a shell may run. Absent: it is stopped. */
  readonly shell?: boolean;
  /** Legacy mode: the runner deletes its own record (`DELETE /runners`) as its last act. */
  readonly deletesOwnRecord: boolean;
  /** Absent: the job has no cache. */
  readonly cache?: RunnerCache;
  /** Seconds since 1970. A reader refuses an expired row; DynamoDB's TTL removes it later. */
  readonly ttl: number;
}

/** PEM; undefined where GitLab's authority is a well-known one. */
export const caCertificateOf = ({
  caCertificate,
}: Pick<BootstrapRow, "caCertificate">): string | undefined =>
  caCertificate === undefined ? undefined : Buffer.from(caCertificate, "base64").toString("utf8");
