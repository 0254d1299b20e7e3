import { TransientError } from "../../../Core/errors";
import {
  type Attempt,
  isLeased,
  type Lease,
  type LeaseKind,
  type Runner,
  type Time,
  touch,
} from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import type { Ledger } from "../ports";
import { LEASE_MILLISECONDS, PASS_LEASE_MILLISECONDS } from "../timing";

/** A lease for one call of a function. Its holder is new each time, so no later call owns the same lease. */
export const newLease = (dependencies: Pick<Dependencies, "clock" | "nonce">, kind: LeaseKind): Lease => ({
  kind,
  holder: dependencies.nonce(),
  until: dependencies.clock.now() + (kind === "reconcile" ? PASS_LEASE_MILLISECONDS : LEASE_MILLISECONDS),
});

/** True while another holder has the item's lease. */
export const isLeasedByOther = (item: { readonly lease?: Lease }, lease: Lease, now: Time): boolean =>
  isLeased(item, now) && item.lease?.holder !== lease.holder;

/** An end has leased this runner: it may be paused in GitLab before the ledger shows it. */
export const hasEndBegun = (runner: Runner): boolean =>
  runner.pausedAt !== undefined || runner.lease?.kind === "end";

const isHeldBy = (lease: Lease, item: Attempt | Runner | undefined): item is Attempt | Runner =>
  item?.lease?.holder === lease.holder;

/**
 * Releases a lease after a failure, so that the workflow can retry at once. If the release fails, the lease
 * expires.
 */
export const releaseLease = async (
  ledger: Ledger,
  lease: Lease,
  read: () => Promise<Attempt | Runner | undefined>,
): Promise<void> => {
  try {
    const item = await read();
    if (isHeldBy(lease, item)) await ledger.commit([{ put: touch(item, { lease: undefined }) }]);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
  }
};
