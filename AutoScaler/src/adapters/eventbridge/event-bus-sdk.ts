import type { EventBus } from "../../ports";
import { eventBridgeClient } from "./client";
import { eventBridgeBus } from "./event-bus";

/** What `event-bus-later.ts` loads; no function imports it otherwise. */
export const eventBusSdk = (busName: string): EventBus => eventBridgeBus(eventBridgeClient(), busName);
