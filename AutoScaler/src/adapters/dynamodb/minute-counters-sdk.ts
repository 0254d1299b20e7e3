import type { MinuteCounters } from "../../ports";
import { dynamoMinuteCounters } from "./minute-counters";
import { sharedDynamoDbClient } from "./shared-client";

/** Imported by `minute-counters-later.ts` alone. */
export const minuteCountersSdk = (table: string): MinuteCounters =>
  dynamoMinuteCounters(sharedDynamoDbClient(), table);
