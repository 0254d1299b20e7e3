import type { Provider } from "./runner-class";

/**
 * The one row by which a runner gets its token: Infrastructure's bootstrap table, key `key`. Taken with one
 * conditional delete that returns it, so it is read once. DynamoDB attribute names are these field names.
 *
 * The key is the nonce in the ledger; for EC2 it then becomes `<role id>:<instance id>`, which is the
 * instance's `aws:userid`, the only key that its role may touch.
 */
export interface BootstrapRow {
  readonly key: string;
  /** GitLab's address, e.g. `https://gitlab.example.com`, without a slash at the end. */
  readonly url: string;
  /** Runner authentication token (`glrt-…`, legacy `glrtr-…`). */
  readonly token: string;
  readonly runnerId: number;
  readonly provider: Provider;
  readonly lifetimeSeconds: number;
  readonly waitTimeoutSeconds: number;
  /** EC2: the docker executor's `privileged`. */
  readonly privileged: boolean;
  /** Legacy mode: the runner deletes its own record (`DELETE /runners`) as its last act. */
  readonly deletesOwnRecord: boolean;
  /** Seconds since 1970. A reader refuses an expired row; DynamoDB's TTL removes it later. */
  readonly ttl: number;
}
