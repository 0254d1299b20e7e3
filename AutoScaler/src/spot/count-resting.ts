import { readSpotPools } from "../../../Core/ledger/spot-pools";
import { isResting } from "../../../Core/model/spot-pool";
import type { Dependencies } from "../dependencies";

/** Puts the metric of how many spot pools rest, where any does. */
export const countRestingPools = async ({
  ledger,
  clock,
  metric,
}: Pick<Dependencies, "ledger" | "clock" | "metric">): Promise<void> => {
  const now = clock.now();
  const pools = await readSpotPools(ledger);
  const resting = pools.filter((pool) => isResting(pool, now)).length;
  if (resting > 0) metric("SpotPoolsResting", resting);
};
