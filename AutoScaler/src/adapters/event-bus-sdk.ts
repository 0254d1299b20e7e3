import type { EventBus } from "../domain/ports";
import { eventBridgeClient } from "./event-bridge-client";
import { eventBridgeBus } from "./event-bus";

/** What `event-bus-later.ts` loads; no function imports it otherwise. */
export const eventBusSdk = (busName: string): EventBus => eventBridgeBus(eventBridgeClient(), busName);
