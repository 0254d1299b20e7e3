import {
  parseReconcilerState,
  RECONCILER_RECORD,
  type ReconcilerState,
} from "../../../Core/ledger/reconciler-state";
import { isLeased, type Lease } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { newLease } from "../ledger/leases";

type LeaseDependencies = Pick<Dependencies, "ledger" | "clock" | "nonce">;

export interface HeldPass {
  readonly lease: Lease;
  readonly state: ReconcilerState;
  readonly version: number;
}

/** Takes the lease, so that one pass runs at a time (F-50). Undefined: another pass is running. */
export const beginPass = async (dependencies: LeaseDependencies): Promise<HeldPass | undefined> => {
  const stateRecord = await dependencies.ledger.stateRecord(RECONCILER_RECORD);
  const state = parseReconcilerState(stateRecord);
  if (isLeased(state, dependencies.clock.now())) return undefined;
  const lease = newLease(dependencies, "reconcile");
  const version = (stateRecord?.version ?? 0) + 1;
  const isTaken = await dependencies.ledger.commit([
    { stateRecord: { name: RECONCILER_RECORD, version, value: { ...state, lease } } },
  ]);
  return isTaken ? { lease, state, version } : undefined;
};

/** Stores the state for the next pass, and releases the lease: at the second try at last, or the next pass finds it taken. */
export const endPass = async (
  { ledger }: LeaseDependencies,
  { version }: HeldPass,
  { lease: _, ...state }: ReconcilerState,
): Promise<void> => {
  const store = () =>
    ledger.commit([{ stateRecord: { name: RECONCILER_RECORD, version: version + 1, value: state } }]);
  await store().catch(store);
};
