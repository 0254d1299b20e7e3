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
