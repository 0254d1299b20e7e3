import type { MinuteCounters } from "../../ports";
import { dynamoMinuteCounters } from "./minute-counters";
import { sharedDynamoDbClient } from "./shared-client";

/** What `minute-counters-later.ts` loads; no function imports it otherwise. */
export const minuteCountersSdk = (table: string): MinuteCounters =>
  dynamoMinuteCounters(sharedDynamoDbClient(), table);
