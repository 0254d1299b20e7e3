import { isLeased, type Lease } from "../../../../Core/ledger";
import { parseSweepState, SWEEP_NOTE, type SweepState } from "../../../../Core/ledger/reconciler-state";
import type { Dependencies } from "../dependencies";
import { newLease } from "../leases";

type LeaseDependencies = Pick<Dependencies, "ledger" | "clock" | "nonce">;

export interface HeldSweep {
  readonly lease: Lease;
  readonly state: SweepState;
  readonly version: number;
}

/** One sweep at a time (F-50). Undefined: another one is at it. */
export const takeSweep = async (world: LeaseDependencies): Promise<HeldSweep | undefined> => {
  const note = await world.ledger.note(SWEEP_NOTE);
  const state = parseSweepState(note);
  if (isLeased(state, world.clock.now())) return undefined;
  const lease = newLease(world, "reconcile");
  const version = (note?.version ?? 0) + 1;
  const isTaken = await world.ledger.commit([
    { note: { name: SWEEP_NOTE, version, value: { ...state, lease } } },
  ]);
  return isTaken ? { lease, state, version } : undefined;
};

/** Stores what the next sweep goes on with, and gives the lease back. */
export const leaveSweep = async (
  { ledger }: LeaseDependencies,
  { version }: HeldSweep,
  { lease: _, ...state }: SweepState,
): Promise<void> => {
  await ledger.commit([{ note: { name: SWEEP_NOTE, version: version + 1, value: state } }]);
};
