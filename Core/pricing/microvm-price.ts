import type { MicroVmMemory } from "../model/runner-class";
import type { Price } from "./prices";

/**
 * USD, https://aws.amazon.com/lambda/pricing/ (MicroVMs), us-east-1 on 2026-11-23: for a vCPU and a GB of the baseline while
 * a VM runs, and for reading a GB of its snapshot at the launch. What it uses above its baseline, up to four times as
 * much, is billed besides, and nobody counts it for one VM.
 */
const VCPU_SECOND = 0.0000276944;
const GB_SECOND = 0.0000036667;
const SNAPSHOT_READ_GB = 0.00155;
const AS_OF = Date.parse("2026-11-23");
/** The region whose prices these are: what another one asks is not known here. */
const REGION = "us-east-1";

const MIB_PER_GB = 1024;
const MIB_PER_VCPU = 2048;
const SECONDS_PER_HOUR = 3600;

/** A MicroVM's price by its size. Undefined: what the region asks is unknown. */
export const microVmPrice = (region: string, memoryMiB: MicroVmMemory): Price | undefined => {
  if (region !== REGION) return undefined;
  const gb = memoryMiB / MIB_PER_GB;
  return {
    perHour: SECONDS_PER_HOUR * ((memoryMiB / MIB_PER_VCPU) * VCPU_SECOND + gb * GB_SECOND),
    // The snapshot holds as much as the memory at the most.
    perRequest: gb * SNAPSHOT_READ_GB,
    source: "table",
    asOf: AS_OF,
  };
};

const SNAPSHOT_WRITE_GB = 0.0038;
const STORED_GB_MONTH = 0.08;
const HOURS_A_MONTH = 730;

/** USD for a MicroVM that is kept, suspended, at the most: its snapshot holds as much as its memory. */
export interface KeptPrice {
  /** Once, for writing its snapshot. */
  readonly suspend: number;
  readonly storedPerHour: number;
  /** Once, for reading it. */
  readonly resume: number;
  /** Once it is resumed. */
  readonly perHour: number;
}

/** What keeping a MicroVM costs. Undefined: what the region asks is unknown. */
export const keptPrice = (region: string, memoryMiB: MicroVmMemory): KeptPrice | undefined => {
  const running = microVmPrice(region, memoryMiB);
  const gb = memoryMiB / MIB_PER_GB;
  return (
    running && {
      suspend: gb * SNAPSHOT_WRITE_GB,
      storedPerHour: (gb * STORED_GB_MONTH) / HOURS_A_MONTH,
      resume: gb * SNAPSHOT_READ_GB,
      perHour: running.perHour,
    }
  );
};
