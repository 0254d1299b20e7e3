import type { MappingRow } from "../../../AutoScaler/src/ports";
import { keepPrices } from "../../../AutoScaler/src/pricing/keep-prices";
import { fakePrices } from "../../../AutoScaler/src/testing/fakes/fake-prices";
import { launchablesOf } from "../../../Core/pricing/launchables";
import type { RoutingSettings } from "../../../Core/routing/routing-settings";
import { EC2_SUBNETS } from "./ports";
import { REGION } from "./stack";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

/**
 * Stores the prices by which the world's runners are priced, as the shipped rule keeps them. It takes no time of the world, and
 * is over before the first webhook is.
 */
export const keepWorldsPrices = async (
  table: Table,
  timeline: Timeline,
  mapping: readonly MappingRow[],
  routing: RoutingSettings,
): Promise<void> => {
  const ledger = {
    stateRecord: async (name: string) => table.stateRecords.get(name),
    listed: async (list: string) => table.listed(list),
    commit: async (changes: Parameters<Table["commit"]>[0]) => table.commit(changes),
  };
  const clock = { now: () => timeline.now, sleep: async () => undefined };
  const mappings = { launchables: async () => launchablesOf(mapping) };
  const stack = { ...routing, region: REGION, subnetIds: EC2_SUBNETS };
  await keepPrices({ ...fakePrices(REGION), ledger, clock, mappings }, stack);
};
